/bucket_kunit\|member_kunit\|svc_kunit/d
