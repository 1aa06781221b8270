// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handshake of two nodes, and its end by a lost message: what the receiving
 * threads and the drainers report to the membership layer.  member.h tells how
 * it goes.
 */
#include <linux/bitfield.h>
#include <linux/printk.h>
#include "member_int.h"
#include "transport.h"

/* Once for each publication. */
static void refuse(struct kddm_member *m, struct kddm_node *node, u8 why,
		   u8 version)
{
	static const char * const text[] = {
		[KDDM_REFUSE_CLUSTER]	= "another cluster",
		[KDDM_REFUSE_QUORUM]	= "another quorum policy",
		[KDDM_REFUSE_LOST]	= "it has lost a message",
		[KDDM_REFUSE_VERSION]	= "another protocol version",
	};

	if (!kddm_member_end(m, node, true))
		return;
	pr_notice_ratelimited("kddm: node %u: refusing node %u at %x: %s\n",
			      m->kn->self, node->id, node->addr, text[why]);
	kddm_node_refused(m->kn, node->id, node->addr, why, version);
	/* So that it sees what we are, and does not wait for us. */
	kddm_member_tell(m, node, 0);
}

static void link_up(struct kddm_member *m, struct kddm_node *node)
{
	lockdep_assert_held(&m->lock);
	node->met = true;
	kddm_node_set_link(node, KDDM_LINK_UP);
	kddm_member_todo(m, node);
}

/* Is it the session that we know? */
static bool same_session(const struct kddm_node *node,
			 const struct kddm_hdr *h)
{
	return node->incarnation == h->incarnation &&
	       node->peer_session == h->session;
}

/* What a HELLO does to a session; called and returns without the lock. */
static enum kddm_link meet(struct kddm_member *m, struct kddm_node *node,
			   const struct kddm_hdr *h,
			   const struct kddm_hello *hello)
{
	enum kddm_link link;
	int i;

	spin_lock(&m->lock);
	link = node->link;
	if (link == KDDM_LINK_NEW || link == KDDM_LINK_HELLO) {
		WRITE_ONCE(node->incarnation, h->incarnation);
		WRITE_ONCE(node->peer_session, h->session);
		for (i = 1; i < KDDM_CHANNELS; i++)
			WRITE_ONCE(node->port[i], hello->port[i]);
		link = KDDM_LINK_HELLO;
		kddm_node_set_link(node, link);
		if (hello->peer_incarnation == m->kn->incarnation &&
		    hello->peer_session == node->session) {
			link = KDDM_LINK_UP;
			link_up(m, node);
		}
	} else if (link == KDDM_LINK_UP && !same_session(node, h)) {
		/* It has lost sight of us, we not of it: begin again. */
		link = KDDM_LINK_DOWN;
	}
	spin_unlock(&m->lock);
	return link;
}

static int hello_from(struct kddm_member *m, struct kddm_node *node,
		      const struct kddm_hdr *h, const struct kddm_hello *hello)
{
	u8 quorum = FIELD_GET(KDDM_HELLO_QUORUM, hello->flags);
	enum kddm_link link;

	if (hello->cluster != m->kn->cluster) {
		refuse(m, node, KDDM_REFUSE_CLUSTER, 0);
		return KDDM_DROP_REFUSED + 1;
	}
	if (quorum != m->kn->quorum) {
		WRITE_ONCE(node->misfit, quorum + 1);
		refuse(m, node, KDDM_REFUSE_QUORUM, 0);
		return KDDM_DROP_REFUSED + 1;
	}
	if (hello->flags & KDDM_HELLO_BYE) {
		if (!same_session(node, h) ||
		    hello->peer_session != node->session)
			return KDDM_DROP_STALE + 1;
		refuse(m, node, KDDM_REFUSE_LOST, 0);
		return 0;
	}
	link = meet(m, node, h, hello);
	if (link == KDDM_LINK_DOWN || link == KDDM_LINK_NONE) {
		kddm_member_end(m, node, false);
		return KDDM_DROP_STALE + 1;
	}
	kddm_transport_met(m->kn, node->id, h->incarnation, hello);
	if (link == KDDM_LINK_UP)
		kddm_transport_wake(m->kn, node);
	if (hello->flags & KDDM_HELLO_ANSWER)
		kddm_transport_hello(m->kn, node, link == KDDM_LINK_UP ?
				     0 : KDDM_HELLO_ANSWER);
	return 0;
}

static int rx_hello(struct kddm_net *kn, const struct kddm_hdr *h, u32 addr,
		    u32 port, const void *body, size_t len)
{
	struct kddm_node *node;
	struct kddm_hello hello;
	int rc;

	if (kddm_wire_get_hello(body, len, &hello))
		return KDDM_DROP_MALFORMED + 1;
	node = kddm_node_get(kn, h->src);
	if (!node)
		return KDDM_DROP_FOREIGN + 1;
	if (node->addr == addr && node->port[0] == port &&
	    hello.port[0] == port)
		rc = hello_from(kn->member, node, h, &hello);
	else
		rc = KDDM_DROP_FOREIGN + 1;
	kddm_node_put(node);
	return rc;
}

static bool rx_confirmed(struct kddm_net *kn, struct kddm_node *node,
			 const struct kddm_hdr *h)
{
	struct kddm_member *m = kn->member;
	bool wake = false, ok;

	spin_lock(&m->lock);
	ok = same_session(node, h);
	if (ok && node->link == KDDM_LINK_HELLO) {
		link_up(m, node);
		wake = true;
	}
	ok = ok && node->link == KDDM_LINK_UP;
	spin_unlock(&m->lock);
	if (wake)
		kddm_transport_wake(kn, node);
	return ok;
}

static bool rx_version(struct kddm_net *kn, u32 addr, u32 port, u8 version)
{
	struct kddm_node *node, *found = NULL;
	struct kddm_member *m = kn->member;

	spin_lock(&m->lock);
	list_for_each_entry(node, &m->nodes, list) {
		if (node->addr == addr && node->port[0] == port) {
			found = node;
			refcount_inc(&found->ref);
			break;
		}
	}
	spin_unlock(&m->lock);
	if (!found)
		return false;
	refuse(m, found, KDDM_REFUSE_VERSION, version);
	kddm_node_put(found);
	return true;
}

static void rx_failed(struct kddm_net *kn, struct kddm_node *node)
{
	if (!kddm_member_end(kn->member, node, true))
		return;
	pr_notice_ratelimited("kddm: node %u: a message to or from node %u was lost, dropping it\n",
			      kn->self, node->id);
	kddm_node_refused(kn, node->id, node->addr, KDDM_REFUSE_LOST, 0);
	kddm_member_tell(kn->member, node, KDDM_HELLO_BYE);
}

const struct kddm_peer_ops kddm_hello_peer_ops = {
	.hello		= rx_hello,
	.confirmed	= rx_confirmed,
	.version	= rx_version,
	.failed		= rx_failed,
};
