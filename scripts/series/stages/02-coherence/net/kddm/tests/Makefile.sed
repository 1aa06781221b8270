/wire_kunit\|member_kunit\|view_kunit/d
