/^kddm-y += control/d
/^kddm-y += linker/d
/^kddm-y += object/d
/^kddm-y += shrink/d
/^kddm-y += views/d
/^kddm-y += netlink/d
/CONFIG_KDDM_BENCH/d
