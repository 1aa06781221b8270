vcscale: vcscale.c \
 /work/main/tools/testing/kddm/sim/include/linux/types.h \
 /root/run/mv/kddm/viewchange.h
/work/main/tools/testing/kddm/sim/include/linux/types.h:
/root/run/mv/kddm/viewchange.h:
