/^kddm-y += iolinker/d
/^kddm-y += netlink/d
