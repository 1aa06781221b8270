/bucket_kunit\|object_kunit/d
