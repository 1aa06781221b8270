/bucket_kunit\|member_kunit/d
