explore: explore.c cost.h /work/main/net/kddm/tests/model.h \
 /work/main/tools/testing/kddm/sim/include/linux/types.h \
 /work/main/net/kddm/tests/../coherence.h \
 /work/main/net/kddm/tests/search.h /work/main/net/kddm/tests/model.h \
 /work/main/net/kddm/tests/pack.h show.h
cost.h:
/work/main/net/kddm/tests/model.h:
/work/main/tools/testing/kddm/sim/include/linux/types.h:
/work/main/net/kddm/tests/../coherence.h:
/work/main/net/kddm/tests/search.h:
/work/main/net/kddm/tests/model.h:
/work/main/net/kddm/tests/pack.h:
show.h:
