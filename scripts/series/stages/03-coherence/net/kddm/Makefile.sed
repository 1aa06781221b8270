/^kddm-y := /c\
kddm-y := main.o\
kddm-y += coherence.o coherence_ext.o coherence_obj.o coherence_serve.o recover.o
/^kddm-y += /d
/CONFIG_KDDM_BENCH/d
