/bucket_kunit\|member_kunit\|object_kunit\|svc_kunit/d
