/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What traces tell of sets and objects; trace.h, which has the tracepoints, is
 * read more than once.
 */
#ifndef _NET_KDDM_EVENT_H
#define _NET_KDDM_EVENT_H

/**
 * enum kddm_set_event - kddm_set_change
 * @KDDM_SET_MADE: this node has entered the set into the catalog
 * @KDDM_SET_KNOWN: this node has it from now on
 * @KDDM_SET_UNMADE: this node has struck it out of the catalog
 * @KDDM_SET_FORGOTTEN: this node has it no more
 */
enum kddm_set_event {
	KDDM_SET_MADE,
	KDDM_SET_KNOWN,
	KDDM_SET_UNMADE,
	KDDM_SET_FORGOTTEN
};

/**
 * enum kddm_obj_event - kddm_obj_change
 * @KDDM_OBJ_TOUCHED: the first contents were made, or could not be
 * @KDDM_OBJ_OWNED: this node owns it from now on
 * @KDDM_OBJ_MOVED: another one does
 * @KDDM_OBJ_REMOVED: this node owned it, and it is no more
 * @KDDM_OBJ_LOST: nobody has it any more; at home
 * @KDDM_OBJ_GIVEN_UP: it will not come back; at home
 */
enum kddm_obj_event {
	KDDM_OBJ_TOUCHED,
	KDDM_OBJ_OWNED,
	KDDM_OBJ_MOVED,
	KDDM_OBJ_REMOVED,
	KDDM_OBJ_LOST,
	KDDM_OBJ_GIVEN_UP
};

#endif /* _NET_KDDM_EVENT_H */
