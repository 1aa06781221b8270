/^kddm-y += netlink/d
