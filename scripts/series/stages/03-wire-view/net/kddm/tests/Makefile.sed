/member_kunit\|rpc_kunit/d
