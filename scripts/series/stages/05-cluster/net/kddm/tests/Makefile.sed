/bucket_kunit/d
