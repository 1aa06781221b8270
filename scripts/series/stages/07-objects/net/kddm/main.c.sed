/^#include "control.h"/d
/^#include "debug.h"/d
/^#include "netlink.h"/d
/rc = kddm_control_init();/,/goto debug;/d
/^control:/d
/^debug:/d
/^sets:/d
/kddm_nl_exit();/d
/kddm_control_exit();/d
/kddm_debug_exit();/d
