/^kddm-y += control/d
/^kddm-y += netlink/d
/CONFIG_KDDM_BENCH/d
