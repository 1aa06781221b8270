/^#include "control.h"/d
/^#include "debug.h"/d
/^#include "netlink.h"/d
/^#include "set.h"/d
/^#include "recovery.h"/d
/^#include "views.h"/d
/^#include <linux\/kddm.h>/d
/^int kddm_self/,/^EXPORT_SYMBOL_GPL(kddm_self)/{/^EXPORT/N;d}
/kddm_sets_stop(kn);/d
/rc = kddm_views_init/,/goto exit_views;/d
/rc = kddm_views_start/,/goto down;/d
/^exit_views:/,/^	return rc;/d
/^stop_rpc:/,/^	return rc;/d
/rc = kddm_sets_quiesce(kn);/,/^	}$/c\
	depart(kn);\
	take_down(kn);
/kddm_sets_hand_over(kn);/d
/kddm_views_leave(kn);/d
/kddm_views_halt(kn);/d
/kddm_views_stop(kn);/d
/kddm_views_exit(kn);/d
/kddm_sets_quiesce(kn);/d
s/return kddm_sets_alloc(kn);/return 0;/
/kddm_sets_free(kn);/d
/rc = kddm_sets_init();/,/^$/c\
	return 0;
/^sets:/,/unregister_pernet_subsys(&kddm_net_ops);/d
/kddm_nl_exit();/d
/^control:/d
/^debug:/d
/kddm_control_exit();/d
/kddm_debug_exit();/d
/kddm_sets_exit();/d
