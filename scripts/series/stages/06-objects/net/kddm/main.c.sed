/^#include "netlink.h"/d
/rc = kddm_nl_init();/,/goto sets;/d
/^sets:/,/kddm_sets_exit();/d
/kddm_nl_exit();/d
