/^# with the view change/,/^endif/d
/bucket_kunit\|nametab_kunit\|object_kunit\|wire_kunit\|member_kunit\|recwire_kunit\|rpc_kunit\|svc_kunit\|view_kunit\|viewchange_kunit/d
/vcmodel.o\|vcsmall.o/d
