/^#include "control.h"/d
/^#include "debug.h"/d
/^#include "netlink.h"/d
/^#include "object.h"/d
/^#include "set.h"/d
/^#include "recovery.h"/d
/^#include "views.h"/d
/^#include <linux\/kddm.h>/d
/^int kddm_self/,/^EXPORT_SYMBOL_GPL(kddm_self)/{/^EXPORT/N;d}
/kddm_sets_stop(kn);/d
/rc = kddm_views_init/,/goto exit_views;/d
/^\/\* Whoever is inside/,/^}/{/^}/N;d}
/^static int join/,/^}/c\
static int join(struct kddm_net *kn)\
{\
	WRITE_ONCE(kn->run, KDDM_RUNNING);\
	kddm_member_announced(kn);\
	kddm_rpc_open(kn);\
	return 0;\
}
/^\/\* Under its users/,/^}/{/^}/N;d}
/^exit_views:/,/^	return rc;/d
/^stop_rpc:/,/^	return rc;/d
/rc = kddm_sets_quiesce(kn);/,/^	}$/c\
	depart(kn);\
	take_down(kn);
/kddm_objects_hand_over(kn);/d
/kddm_views_leave(kn);/d
/kddm_views_halt(kn);/d
/kddm_views_stop(kn);/d
/kddm_views_exit(kn);/d
/kddm_sets_quiesce(kn);/d
s/return kddm_sets_alloc(kn);/return 0;/
/kddm_sets_free(kn);/d
/^#include <linux\/reboot.h>/d
/^#include <linux\/rtnetlink.h>/d
/^\/\* A machine that goes down/,/^};/{/^};/N;d}
/unregister_reboot_notifier/d
/rc = kddm_sets_init();/,/^$/c\
	return 0;\

/^netlink:/d
/^sets:/,/unregister_pernet_subsys(&kddm_net_ops);/d
/kddm_nl_exit();/d
/^control:/d
/^debug:/d
/kddm_control_exit();/d
/kddm_debug_exit();/d
/kddm_sets_exit();/d
