/^#include "control.h"/d
/^#include "netlink.h"/d
/rc = kddm_control_init();/,/goto control;/d
/^control:/d
/^sets:/,/kddm_sets_exit();/d
/kddm_nl_exit();/d
/kddm_control_exit();/d
