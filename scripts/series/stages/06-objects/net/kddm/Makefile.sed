/^kddm-y += control/d
/^kddm-y += netlink/d
