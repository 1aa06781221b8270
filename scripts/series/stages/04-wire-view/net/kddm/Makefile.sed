/^kddm-y := /c\
kddm-y := main.o wire.o view.o\
kddm-y += viewchange.o viewchange_attempt.o viewchange_decide.o\
kddm-y += viewchange_wire.o\
kddm-y += rpc_parts.o rpc_pack.o rpc_place.o nametab.o\
kddm-y += coherence.o coherence_ext.o coherence_obj.o coherence_serve.o recover.o\
kddm-y += recovery_wire.o
/^kddm-y += /d
/CONFIG_KDDM_BENCH/d
