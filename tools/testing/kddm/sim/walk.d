walk: walk.c carry.h /work/main/net/kddm/tests/model.h \
 /work/main/tools/testing/kddm/sim/include/linux/types.h \
 /work/main/net/kddm/tests/../coherence.h show.h trace.h
carry.h:
/work/main/net/kddm/tests/model.h:
/work/main/tools/testing/kddm/sim/include/linux/types.h:
/work/main/net/kddm/tests/../coherence.h:
show.h:
trace.h:
