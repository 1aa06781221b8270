/member_kunit/d
