// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: objects.
 *
 * One message holds up to KDDM_DATA_MAX bytes.  A larger object is read in
 * several parts; if its version changes meanwhile, from the start again.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "kddmctl.h"

#define READ_TRIES	20

enum format {
	AUTO,
	HEX,
	RAW
};

/**
 * struct place - what an object command is about
 * @set: name of the set
 * @id: the object
 * @no_create: it must exist
 * @has_offset: @offset was given
 * @has_length: @length was given
 * @offset: first byte
 * @length: how many
 * @format: how to show it
 */
struct place {
	const char	*set;
	__u64	id;
	bool		no_create;
	bool		has_offset;
	bool		has_length;
	__u64	offset;
	__u64	length;
	enum format	format;
};

static bool place(struct args *args, struct place *p)
{
	memset(p, 0, sizeof(*p));
	p->set = args_name(args, "the set's name");
	return p->set && args_number(args, "the object's id", 0, ULLONG_MAX,
				     &p->id);
}

static bool place_offset(struct args *args, struct place *p)
{
	p->has_offset = args_number(args, "offset", 0, KDDM_OBJECT_SIZE_MAX,
				    &p->offset);
	return p->has_offset;
}

/* Reading */

static bool get_options(struct args *args, struct place *p)
{
	while (args->argc) {
		if (args_is(args, "nocreate")) {
			p->no_create = true;
		} else if (args_is(args, "hex")) {
			p->format = HEX;
		} else if (args_is(args, "raw")) {
			p->format = RAW;
		} else if (args_is(args, "offset")) {
			if (!place_offset(args, p))
				return false;
		} else if (args_is(args, "length")) {
			p->has_length = args_number(args, "length", 1,
						    KDDM_OBJECT_SIZE_MAX,
						    &p->length);
			if (!p->has_length)
				return false;
		} else {
			args_unknown(args,
				     "nocreate, hex, raw, offset or length");
			return false;
		}
	}
	return true;
}

static struct kddm_obj_get_rsp *get_part(struct ctl *ctl,
					 const struct place *p, size_t have)
{
	struct kddm_obj_get_req *req = kddm_obj_get_req_alloc();
	struct kddm_obj_get_rsp *rsp;

	if (!req)
		return NULL;
	kddm_obj_get_req_set_set(req, p->set);
	kddm_obj_get_req_set_id(req, p->id);
	if (p->no_create)
		kddm_obj_get_req_set_no_create(req);
	kddm_obj_get_req_set_offset(req, p->offset + have);
	if (p->has_length)
		kddm_obj_get_req_set_length(req, p->length - have);
	rsp = kddm_obj_get(ctl->ys, req);
	kddm_obj_get_req_free(req);
	return rsp;
}

/**
 * struct object - an object, or the part of it that was asked for
 * @data: its bytes
 * @version: they are of this version
 * @size: bytes of the whole object
 */
struct object {
	struct data	data;
	__u64	version;
	__u64	size;
};

/* Is it complete? */
static bool complete(const struct place *p, const struct object *o)
{
	__u64 end = p->has_length ? p->offset + p->length : o->size;

	return p->offset + o->data.len >= (end < o->size ? end : o->size);
}

/* One attempt; *@changed if the object was written meanwhile. */
static int get_parts(struct ctl *ctl, const struct place *p, struct object *o,
		     bool *changed)
{
	struct kddm_obj_get_rsp *rsp;
	size_t n;

	*changed = false;
	o->data.len = 0;
	do {
		rsp = get_part(ctl, p, o->data.len);
		if (!rsp)
			return ctl_failed(ctl);
		n = rsp->_len.data;
		*changed = o->data.len && rsp->version != o->version;
		o->version = rsp->version;
		o->size = rsp->size;
		if (n <= KDDM_OBJECT_SIZE_MAX - o->data.len) {
			memcpy(o->data.bytes + o->data.len, rsp->data, n);
			o->data.len += n;
		} else {
			n = 0;
		}
		kddm_obj_get_rsp_free(rsp);
		if (!n)
			return ctl_error(ctl, "the reply makes no sense");
	} while (!*changed && !complete(p, o));
	return 0;
}

static int get(struct ctl *ctl, const struct place *p, struct object *o)
{
	unsigned int tries;
	bool changed;
	int err;

	for (tries = 0; tries < READ_TRIES; tries++) {
		err = get_parts(ctl, p, o, &changed);
		if (err || !changed)
			return err;
	}
	return ctl_error(ctl, "the object changes faster than it can be read");
}

static void show_json(const struct place *p, const struct object *o)
{
	size_t len;

	json_open(NULL, '{');
	json_string("set", p->set);
	json_number("id", p->id);
	json_number("version", o->version);
	json_number("size", o->size);
	if (p->has_offset)
		json_number("offset", p->offset);
	if (data_is_text(&o->data, &len))
		json_text("text", o->data.bytes, len);
	else
		json_null("text");
	json_hex("hex", o->data.bytes, o->data.len);
	json_close();
}

static void show_text(const struct place *p, const struct object *o)
{
	size_t len;

	if (p->format == RAW) {
		fwrite(o->data.bytes, 1, o->data.len, stdout);
	} else if (p->format == AUTO && data_is_text(&o->data, &len)) {
		fwrite(o->data.bytes, 1, len, stdout);
		putchar('\n');
	} else {
		data_dump(&o->data, p->offset);
	}
}

int cmd_object_get(struct ctl *ctl, struct args *args)
{
	struct object o = { };
	struct place p;
	int ret;

	if (!place(args, &p) || !get_options(args, &p))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	o.data.bytes = malloc(KDDM_OBJECT_SIZE_MAX);
	if (!o.data.bytes)
		return ctl_error(ctl, "out of memory");
	ret = get(ctl, &p, &o);
	if (!ret) {
		if (ctl->json)
			show_json(&p, &o);
		else
			show_text(&p, &o);
		ret = output_end(ctl);
	}
	free(o.data.bytes);
	return ret;
}

/* Writing */

/* The last word is a text, unless one says otherwise before it. */
static int put_source(struct args *args, struct place *p, struct data *data)
{
	const struct ctl *ctl = args->ctl;

	while (args->argc > 1) {
		if (args_is(args, "nocreate")) {
			p->no_create = true;
		} else if (args_is(args, "offset")) {
			if (!place_offset(args, p))
				return EXIT_USAGE;
		} else if (args->argc > 2) {
			return args_unknown(args,
					    "nocreate or offset (quote a text of several words)");
		} else if (args_is(args, "hex")) {
			return data_from_hex(ctl, args->argv[0], data);
		} else if (args_is(args, "file")) {
			return data_from_file(ctl, args->argv[0], data);
		} else if (args_is(args, "text")) {
			return data_from_text(ctl, args->argv[0], data);
		} else {
			return args_unknown(args,
					    "text, hex or file (quote a text of several words)");
		}
	}
	if (!args->argc)
		return usage_error(ctl, "what to put is missing");
	if (!strcmp(args->argv[0], "-"))
		return data_from_file(ctl, "-", data);
	return data_from_text(ctl, args->argv[0], data);
}

/* What does not fit must not be written in part. */
static int check_size(struct ctl *ctl, const struct place *p, size_t len)
{
	struct kddm_set_get_req *req = kddm_set_get_req_alloc();
	struct kddm_set_get_rsp *rsp;
	__u64 size;

	if (!req)
		return ctl_error(ctl, "out of memory");
	kddm_set_get_req_set_name(req, p->set);
	rsp = kddm_set_get(ctl->ys, req);
	kddm_set_get_req_free(req);
	if (!rsp)
		return ctl_failed(ctl);
	size = rsp->size;
	kddm_set_get_rsp_free(rsp);
	if (p->offset + len <= size)
		return 0;
	return ctl_error(ctl,
			 "%zu bytes at offset %u, but objects have %u bytes",
			 len, (unsigned int)p->offset, (unsigned int)size);
}

static int put_part(struct ctl *ctl, const struct place *p,
		    const struct data *data, size_t done, size_t n,
		    __u64 *version)
{
	struct kddm_obj_set_req *req = kddm_obj_set_req_alloc();
	struct kddm_obj_set_rsp *rsp;

	if (!req)
		return ctl_error(ctl, "out of memory");
	kddm_obj_set_req_set_set(req, p->set);
	kddm_obj_set_req_set_id(req, p->id);
	if (p->no_create)
		kddm_obj_set_req_set_no_create(req);
	if (p->has_offset || done)
		kddm_obj_set_req_set_offset(req, p->offset + done);
	kddm_obj_set_req_set_data(req, data->bytes + done, n);
	rsp = kddm_obj_set(ctl->ys, req);
	kddm_obj_set_req_free(req);
	if (!rsp)
		return ctl_failed(ctl);
	*version = rsp->version;
	kddm_obj_set_rsp_free(rsp);
	return 0;
}

static int put(struct ctl *ctl, const struct place *p, const struct data *data)
{
	__u64 version = 0;
	size_t n, done = 0;
	int err;

	if (data->len > KDDM_DATA_MAX) {
		err = check_size(ctl, p, data->len);
		if (err)
			return err;
	}
	do {
		n = data->len - done;
		if (n > KDDM_DATA_MAX)
			n = KDDM_DATA_MAX;
		err = put_part(ctl, p, data, done, n, &version);
		if (err)
			return err;
		done += n;
	} while (done < data->len);

	if (ctl->json) {
		json_open(NULL, '{');
		json_string("set", p->set);
		json_number("id", p->id);
		json_number("version", version);
		json_close();
	}
	return output_end(ctl);
}

int cmd_object_put(struct ctl *ctl, struct args *args)
{
	struct data data = { };
	struct place p;
	int ret;

	if (!place(args, &p))
		return EXIT_USAGE;
	ret = put_source(args, &p, &data);
	if (ret)
		return ret;
	ret = ctl_connect(ctl);
	if (!ret)
		ret = put(ctl, &p, &data);
	free(data.bytes);
	return ret;
}

int cmd_object_remove(struct ctl *ctl, struct args *args)
{
	struct kddm_obj_del_req *req;
	struct place p;
	int err;

	if (!place(args, &p) || !args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	req = kddm_obj_del_req_alloc();
	if (!req)
		return ctl_error(ctl, "out of memory");
	kddm_obj_del_req_set_set(req, p.set);
	kddm_obj_del_req_set_id(req, p.id);
	err = kddm_obj_del(ctl->ys, req);
	kddm_obj_del_req_free(req);
	return err ? ctl_failed(ctl) : EXIT_SUCCESS;
}

int cmd_object_flush(struct ctl *ctl, struct args *args)
{
	struct kddm_obj_flush_req *req;
	bool to = false;
	struct place p;
	__u64 node = 0;
	int err;

	if (!place(args, &p))
		return EXIT_USAGE;
	if (args_is(args, "to")) {
		to = true;
		if (!args_number(args, "to", 0, KDDM_NODE_ID_MAX, &node))
			return EXIT_USAGE;
	}
	if (!args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	req = kddm_obj_flush_req_alloc();
	if (!req)
		return ctl_error(ctl, "out of memory");
	kddm_obj_flush_req_set_set(req, p.set);
	kddm_obj_flush_req_set_id(req, p.id);
	if (to)
		kddm_obj_flush_req_set_node(req, node);
	err = kddm_obj_flush(ctl->ys, req);
	kddm_obj_flush_req_free(req);
	return err ? ctl_failed(ctl) : EXIT_SUCCESS;
}

int cmd_object_sync(struct ctl *ctl, struct args *args)
{
	struct kddm_obj_sync_req *req;
	struct place p;
	int err;

	if (!place(args, &p) || !args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	req = kddm_obj_sync_req_alloc();
	if (!req)
		return ctl_error(ctl, "out of memory");
	kddm_obj_sync_req_set_set(req, p.set);
	kddm_obj_sync_req_set_id(req, p.id);
	err = kddm_obj_sync(ctl->ys, req);
	kddm_obj_sync_req_free(req);
	return err ? ctl_failed(ctl) : EXIT_SUCCESS;
}
