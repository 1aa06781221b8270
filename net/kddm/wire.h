/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wire format on one page, and the pure functions that write and read it.
 *
 * Everything is little-endian.  A datagram is one message or a few: of each a
 * header, then a body whose layout the header's type gives.  Decoding checks
 * every length, id and flag against what the datagram really holds; what it
 * returns points into the datagram and can be used without further checks of
 * bounds.  Nothing here locks, allocates or keeps state;
 * tools/testing/kddm/sim compiles the same file.
 */
#ifndef _NET_KDDM_WIRE_H
#define _NET_KDDM_WIRE_H

#include <linux/types.h>
#include "coherence.h"

#define KDDM_WIRE_MAGIC		0x4b44	/* "DK" in memory */
#define KDDM_WIRE_VERSION	1

#define KDDM_MAX_DATA		65536	/* bytes of object data */
#define KDDM_MAX_RPC		65600	/* bytes of an RPC body */
#define KDDM_RPC_LARGE		4194304	/* bytes of one that comes in parts */
#define KDDM_RPC_PART		32768	/* bytes of a part */
#define KDDM_RPC_HOPS		16	/* times that a call is forwarded */
#define KDDM_CHANNELS		3	/* 0: control and RPC; else: objects */
#define KDDM_MSG_MAX		66000	/* TIPC_MAX_USER_MSG_SIZE */
#define KDDM_WIRE_ALIGN		4	/* of messages in a datagram */

/*
 * enum kddm_wire_type - what a message is
 * Object messages have the values of enum kddm_co_event_type that they become,
 * plus KDDM_WIRE_OBJ.
 */
enum kddm_wire_type {
	KDDM_WIRE_HELLO		= 1,	/* channel 0: who I am */
	KDDM_WIRE_CREDIT	= 2,	/* any channel: only the ack counts */
	KDDM_WIRE_CALL		= 3,	/* RPC: request that wants a reply */
	KDDM_WIRE_CAST		= 4,	/* RPC: request without reply */
	KDDM_WIRE_REPLY		= 5,	/* RPC: reply or error */
	KDDM_WIRE_VIEW		= 6,	/* channel 0: see viewchange.h */
	KDDM_WIRE_MARK		= 7,	/* others: the end of an old view */
	KDDM_WIRE_PART		= 8,	/* RPC: more of a request or reply */
	KDDM_WIRE_CANCEL	= 9,	/* RPC: the caller has given up */
	KDDM_WIRE_AT		= 10,	/* RPC: who has a forwarded call now */
	KDDM_WIRE_OBJ		= 32,	/* + KDDM_EV_GET_REQ ... */
};

/**
 * struct kddm_wire_hdr - opens every message
 *
 * A datagram has one or more messages, one behind the other, from the same
 * sender.  HELLO and CREDIT are alone; of the others, only the last may have a
 * length that is not a multiple of %KDDM_WIRE_ALIGN.
 *
 * @magic: KDDM_WIRE_MAGIC
 * @version: KDDM_WIRE_VERSION; other versions are refused
 * @type: enum kddm_wire_type
 * @len: bytes of the whole message, this header included
 * @epoch: the sender's view
 * @incarnation: the sender's; random, new at every start
 * @src: node id of the sender
 * @dst: node id of the receiver
 * @chan: channel
 * @session: the sender's number for this meeting of the two nodes; what is left
 *	from an earlier one, before TIPC lost the link, is stale
 * @seq: sender's count of messages to this peer on this channel (HELLO and
 *	CREDIT are not counted and repeat the last)
 * @ack: the highest @seq the sender has received from this peer on this channel
 */
struct kddm_wire_hdr {
	__le16	magic;
	__u8	version;
	__u8	type;
	__le32	len;
	__le32	epoch;
	__le32	incarnation;
	__le16	src;
	__le16	dst;
	__le16	chan;
	__le16	session;
	__le32	seq;
	__le32	ack;
} __packed;

/**
 * struct kddm_wire_hello - body of HELLO
 * @cluster: cluster id; nodes of other clusters are refused
 * @peer_incarnation: receiver's incarnation as the sender knows it, or 0
 * @peer_session: receiver's session as the sender knows it, or 0
 * @past_session: the receiver's number for the last meeting that ended, 0 if
 *	there was none
 * @past_incarnation: the receiver's incarnation then
 * @past_rcvd: for each channel, the highest @seq of the receiver that the
 *	sender has received in that meeting
 * @flags: KDDM_HELLO_*
 * @port: TIPC port of each of the sender's channel sockets, none is 0
 */
struct kddm_wire_hello {
	__le32	cluster;
	__le32	peer_incarnation;
	__le16	peer_session;
	__le16	past_session;
	__le32	past_incarnation;
	__le32	past_rcvd[KDDM_CHANNELS];
	__le32	flags;
	__le32	port[KDDM_CHANNELS];
} __packed;

#define KDDM_HELLO_ANSWER	0x1	/* please answer with a HELLO */
#define KDDM_HELLO_BYE		0x2	/* your incarnation has ended for me */
#define KDDM_HELLO_QUORUM	0xc	/* the sender's quorum policy */
#define KDDM_HELLO_ALL		0xf

/**
 * struct kddm_wire_rpc - opens the body of CALL, CAST, REPLY; payload follows
 * @service: CALL, CAST: service id (hash of its name)
 * @id: CALL: the caller's number for it; REPLY: the same number; CAST: the
 *	sender's number for one that comes in parts, else 0
 * @token: CALL: random, or 0 if nobody but the called node may answer; REPLY:
 *	the same
 * @key: CALL, CAST: requests with one key are served in their order, if the
 *	service says so
 * @incarnation: CALL, CAST: of @origin, if @hops
 * @err: REPLY: 0, or a negative error number and no payload
 * @max: CALL: most bytes of payload that the caller takes in the reply
 * @total: bytes of the whole payload; what is behind @len follows in PARTs
 * @len: bytes of payload here
 * @origin: CALL, CAST: who asked first; REPLY: whom it is for
 * @hops: CALL, CAST: times that it was forwarded
 */
struct kddm_wire_rpc {
	__le32	service;
	__le32	id;
	__le32	token;
	__le32	key;
	__le32	incarnation;
	__le32	err;
	__le32	max;
	__le32	total;
	__le32	len;
	__le16	origin;
	__le16	hops;
} __packed;

/**
 * struct kddm_wire_part - opens the body of PART; payload follows
 * @id: of the CALL, CAST or REPLY
 * @token: as there
 * @offset: where in the whole payload it belongs
 * @len: bytes of payload here
 * @origin: as there
 * @reply: 1: of a REPLY, 0: of a CALL or CAST
 */
struct kddm_wire_part {
	__le32	id;
	__le32	token;
	__le32	offset;
	__le32	len;
	__le16	origin;
	__le16	reply;
} __packed;

/**
 * struct kddm_wire_cancel - body of CANCEL
 * @id: of the CALL
 * @token: as there
 */
struct kddm_wire_cancel {
	__le32	id;
	__le32	token;
} __packed;

/**
 * struct kddm_wire_at - body of AT, to the first caller
 * @id: of the CALL
 * @token: as there
 * @node: who has it; if it is the sender, it has come there, else it is on its
 *	way from the sender
 * @hops: times that it was forwarded by then
 */
struct kddm_wire_at {
	__le32	id;
	__le32	token;
	__le16	node;
	__le16	hops;
} __packed;

/**
 * struct kddm_wire_mark - body of MARK
 * @epoch: of the attempt to change the view, not 0
 */
struct kddm_wire_mark {
	__le32	epoch;
} __packed;

/**
 * struct kddm_wire_obj - opens the body of object messages
 * @set: set id
 * @origin: see struct kddm_co_event
 * @hops: see struct kddm_co_event
 * @objid: object id
 * @version: see struct kddm_co_event
 * @seq: see struct kddm_co_event
 * @err: NAK: negative error number
 * @nwords: 64 bit words of node set that follow (OWN only), at most 16
 * @flags: KDDM_COF_*
 * @pad: zero
 * @len: bytes of data that follow the node set (DATA and OWN only)
 */
struct kddm_wire_obj {
	__le32	set;
	__le16	origin;
	__le16	hops;
	__le64	objid;
	__le64	version;
	__le32	seq;
	__le32	err;
	__le16	nwords;
	__u8	flags;
	__u8	pad;
	__le32	len;
} __packed;

/**
 * struct kddm_hdr - a decoded header; see struct kddm_wire_hdr
 * @type: enum kddm_wire_type
 * @len: bytes of the whole message
 * @epoch: the sender's view
 * @incarnation: the sender's, not 0
 * @src: node id of the sender
 * @dst: node id of the receiver, not @src
 * @chan: channel, one on which @type may travel
 * @session: the sender's number for this meeting of the two nodes
 * @seq: the sender's count of messages
 * @ack: what the sender has received
 */
struct kddm_hdr {
	u8	type;
	u32	len;
	u32	epoch;
	u32	incarnation;
	u16	src;
	u16	dst;
	u16	chan;
	u16	session;
	u32	seq;
	u32	ack;
};

/**
 * struct kddm_hello - a decoded HELLO; see struct kddm_wire_hello
 * @cluster: cluster id
 * @peer_incarnation: receiver's incarnation as the sender knows it, or 0
 * @peer_session: receiver's session as the sender knows it, or 0
 * @past_session: see there
 * @past_incarnation: the same
 * @past_rcvd: the same
 * @flags: KDDM_HELLO_*, no others
 * @port: TIPC ports of the sender's channels, none is 0
 */
struct kddm_hello {
	u32	cluster;
	u32	peer_incarnation;
	u16	peer_session;
	u16	past_session;
	u32	past_incarnation;
	u32	past_rcvd[KDDM_CHANNELS];
	u32	flags;
	u32	port[KDDM_CHANNELS];
};

/**
 * struct kddm_rpc_msg - a decoded CALL, CAST or REPLY; see struct kddm_wire_rpc
 * @service: CALL, CAST: service id
 * @id: number of the call, or of what comes in parts
 * @token: CALL, REPLY: see there
 * @key: CALL, CAST: see there
 * @incarnation: CALL, CAST: of @origin, not 0 if @hops
 * @err: REPLY: 0 or -4095 to -1
 * @max: CALL: most bytes in the reply, at most %KDDM_RPC_LARGE
 * @total: bytes of the whole, at most %KDDM_RPC_LARGE, not below @len
 * @len: bytes in @data, at most %KDDM_MAX_RPC, not 0 if that is not all
 * @origin: node id, below %KDDM_MAX_NODES
 * @hops: at most %KDDM_RPC_HOPS
 * @data: payload, inside the datagram
 */
struct kddm_rpc_msg {
	u32		service;
	u32		id;
	u32		token;
	u32		key;
	u32		incarnation;
	int		err;
	u32		max;
	u32		total;
	u32		len;
	u16		origin;
	u16		hops;
	const void	*data;
};

/**
 * struct kddm_part_msg - a decoded PART; see struct kddm_wire_part
 * @id: of what it is a part
 * @token: as there
 * @offset: where it belongs
 * @len: bytes in @data, 1 to %KDDM_RPC_PART
 * @origin: node id, below %KDDM_MAX_NODES
 * @reply: of a REPLY
 * @data: payload, inside the datagram
 */
struct kddm_part_msg {
	u32		id;
	u32		token;
	u32		offset;
	u32		len;
	u16		origin;
	bool		reply;
	const void	*data;
};

/**
 * struct kddm_at_msg - a decoded AT, or CANCEL; see struct kddm_wire_at
 * @id: of the call
 * @token: as there
 * @node: AT: node id, below %KDDM_MAX_NODES
 * @hops: AT: 1 to %KDDM_RPC_HOPS
 */
struct kddm_at_msg {
	u32	id;
	u32	token;
	u16	node;
	u16	hops;
};

/**
 * struct kddm_obj_msg - a decoded object message; see struct kddm_wire_obj
 * @type: enum kddm_co_event_type
 * @flags: KDDM_COF_*, no others
 * @origin: node id, below %KDDM_MAX_NODES
 * @hops: see struct kddm_co_event
 * @set: set id
 * @objid: object id
 * @version: see struct kddm_co_event
 * @seq: see struct kddm_co_event
 * @err: NAK: -4095 to -1, else 0
 * @nwords: OWN: words in @need, at most 16, else 0
 * @len: DATA, OWN, REPLICA: bytes in @data, at most %KDDM_MAX_DATA, else 0
 * @need: node set in host order; what is behind @nwords is not set
 * @missing: bytes at the end of @data that are still to be received, as who
 *	receives it says; 0 from the decoder
 * @data: data, inside the datagram
 */
struct kddm_obj_msg {
	u8		type;
	u8		flags;
	u16		origin;
	u16		hops;
	u32		set;
	u64		objid;
	u64		version;
	u32		seq;
	int		err;
	u16		nwords;
	u32		len;
	u32		missing;
	u64		need[KDDM_MAX_NODES / 64];
	const void	*data;
};

/*
 * Encoders write into @buf of @size bytes and return the bytes written, or
 * -EMSGSIZE.  The bytes written include the payload; if its pointer is NULL,
 * room is left for it, and the caller fills it in, or sends it from elsewhere.
 * kddm_wire_put_hdr() is called last: it needs the total length.
 *
 * Decoders do not look at the payload.  They return 0, or -EBADMSG for what no
 * correct peer sends, or -EPROTONOSUPPORT for another version.  @size is what
 * the datagram really holds, and the lengths inside must match it to the byte.
 */

/**
 * kddm_wire_put_hdr() - write a header
 * @buf: the message
 * @size: room in @buf, bytes
 * @h: the header
 *
 * Return: bytes written, or -EMSGSIZE.
 */
int kddm_wire_put_hdr(void *buf, size_t size, const struct kddm_hdr *h);

/**
 * kddm_wire_get_hdr() - read and check a header
 * @buf: a datagram, or what is left of one behind other messages
 * @size: bytes there
 * @h: where to; its @len is at most @size: what is behind it begins another
 *	message
 *
 * Return: 0, -EBADMSG, or -EPROTONOSUPPORT: a header of another version, of
 * which nothing else is known.
 */
int kddm_wire_get_hdr(const void *buf, size_t size, struct kddm_hdr *h);

/**
 * kddm_wire_put_hello() - write the body of a HELLO
 * @buf: behind the header
 * @size: room in @buf, bytes
 * @m: what to write
 *
 * Return: bytes written, or -EMSGSIZE.
 */
int kddm_wire_put_hello(void *buf, size_t size, const struct kddm_hello *m);

/**
 * kddm_wire_get_hello() - read and check the body of a HELLO
 * @body: behind the header
 * @size: bytes in @body
 * @m: where to
 *
 * Return: 0 or -EBADMSG.
 */
int kddm_wire_get_hello(const void *body, size_t size, struct kddm_hello *m);

/**
 * kddm_wire_put_rpc() - write the body of a CALL, CAST or REPLY
 * @buf: behind the header
 * @size: room in @buf, bytes
 * @m: what to write
 *
 * Return: bytes written, or -EMSGSIZE.
 */
int kddm_wire_put_rpc(void *buf, size_t size, const struct kddm_rpc_msg *m);

/**
 * kddm_wire_get_rpc() - read and check the body of a CALL, CAST or REPLY
 * @body: behind the header
 * @size: bytes in @body
 * @type: enum kddm_wire_type, from the header
 * @m: where to; @m->data points into @body
 *
 * Return: 0 or -EBADMSG.
 */
int kddm_wire_get_rpc(const void *body, size_t size, u8 type,
		      struct kddm_rpc_msg *m);

/**
 * kddm_wire_put_part() - write the body of a PART
 * @buf: behind the header
 * @size: room in @buf, bytes
 * @m: what to write
 *
 * Return: bytes written, or -EMSGSIZE.
 */
int kddm_wire_put_part(void *buf, size_t size, const struct kddm_part_msg *m);

/**
 * kddm_wire_get_part() - read and check the body of a PART
 * @body: behind the header
 * @size: bytes in @body
 * @m: where to; @m->data points into @body
 *
 * Return: 0 or -EBADMSG.
 */
int kddm_wire_get_part(const void *body, size_t size, struct kddm_part_msg *m);

/**
 * kddm_wire_put_cancel() - write the body of a CANCEL
 * @buf: behind the header
 * @size: room in @buf, bytes
 * @m: what to write
 *
 * Return: bytes written, or -EMSGSIZE.
 */
int kddm_wire_put_cancel(void *buf, size_t size, const struct kddm_at_msg *m);

/**
 * kddm_wire_get_cancel() - read and check the body of a CANCEL
 * @body: behind the header
 * @size: bytes in @body
 * @m: where to; @m->node and @m->hops become 0
 *
 * Return: 0 or -EBADMSG.
 */
int kddm_wire_get_cancel(const void *body, size_t size, struct kddm_at_msg *m);

/**
 * kddm_wire_put_at() - write the body of an AT
 * @buf: behind the header
 * @size: room in @buf, bytes
 * @m: what to write
 *
 * Return: bytes written, or -EMSGSIZE.
 */
int kddm_wire_put_at(void *buf, size_t size, const struct kddm_at_msg *m);

/**
 * kddm_wire_get_at() - read and check the body of an AT
 * @body: behind the header
 * @size: bytes in @body
 * @m: where to
 *
 * Return: 0 or -EBADMSG.
 */
int kddm_wire_get_at(const void *body, size_t size, struct kddm_at_msg *m);

/**
 * kddm_wire_put_mark() - write the body of a MARK
 * @buf: behind the header
 * @size: room in @buf, bytes
 * @epoch: of the attempt to change the view
 *
 * Return: bytes written, or -EMSGSIZE.
 */
int kddm_wire_put_mark(void *buf, size_t size, u32 epoch);

/**
 * kddm_wire_get_mark() - read and check the body of a MARK
 * @body: behind the header
 * @size: bytes in @body
 * @epoch: where to
 *
 * Return: 0 or -EBADMSG.
 */
int kddm_wire_get_mark(const void *body, size_t size, u32 *epoch);

/**
 * kddm_wire_put_obj() - write the body of an object message
 * @buf: behind the header
 * @size: room in @buf, bytes
 * @m: what to write
 *
 * Return: bytes written, or -EMSGSIZE.
 */
int kddm_wire_put_obj(void *buf, size_t size, const struct kddm_obj_msg *m);

/**
 * kddm_wire_get_obj() - read and check the body of an object message
 * @body: behind the header
 * @size: bytes in @body
 * @wire_type: enum kddm_wire_type, from the header
 * @m: where to; @m->data points into @body
 *
 * Return: 0 or -EBADMSG.
 */
int kddm_wire_get_obj(const void *body, size_t size, u8 wire_type,
		      struct kddm_obj_msg *m);

static inline bool kddm_wire_is_obj(u8 type)
{
	return type >= KDDM_WIRE_OBJ + KDDM_EV_GET_REQ &&
	       type <= KDDM_WIRE_OBJ + KDDM_EV_REPLICA;
}

/* Bytes of a CALL, CAST or REPLY with @len of payload. */
static inline size_t kddm_wire_rpc_size(u32 len)
{
	return sizeof(struct kddm_wire_hdr) + sizeof(struct kddm_wire_rpc) +
	       len;
}

/* Bytes of an object message with @nwords of node set and @len of data. */
static inline size_t kddm_wire_obj_size(u16 nwords, u32 len)
{
	return sizeof(struct kddm_wire_hdr) + sizeof(struct kddm_wire_obj) +
	       (size_t)nwords * sizeof(__le64) + len;
}

#endif /* _NET_KDDM_WIRE_H */
