// SPDX-License-Identifier: GPL-2.0-only
/*
 * The linker "page": objects of one page, in a folio each, that a client may
 * map or hand to a device.
 *
 * kddm_data() gives the folio.  Its contents are valid while the object is
 * held, and must not be written by one who has not grabbed it; whoever maps it
 * lets go of the mapping when the copy becomes invalid, which he learns as an
 * interface of his own (a linker that wraps this one), or by holding the
 * object.
 */
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>
#include "linker.h"

static int page_instantiate(struct kddm_set *set)
{
	return kddm_set_size(set) == PAGE_SIZE ? 0 : -EINVAL;
}

static void *page_alloc(struct kddm_set *set, u64 id)
{
	return folio_alloc(GFP_NOFS | __GFP_ZERO, 0);
}

static void page_free(struct kddm_set *set, u64 id, void *data)
{
	folio_put(data);
}

static u32 page_export(struct kddm_set *set, u64 id, const void *data,
		       void *buf, u32 max)
{
	memcpy_from_folio(buf, (struct folio *)data, 0, PAGE_SIZE);
	return PAGE_SIZE;
}

/* Less than a page is followed by zeros. */
static int page_import(struct kddm_set *set, u64 id, void *data,
		       const void *buf, u32 len)
{
	memcpy_to_folio(data, 0, buf, len);
	folio_zero_segment(data, len, PAGE_SIZE);
	return 0;
}

const struct kddm_linker kddm_linker_page = {
	.name		= "page",
	.instantiate	= page_instantiate,
	.alloc		= page_alloc,
	.free		= page_free,
	.export		= page_export,
	.import		= page_import,
};
