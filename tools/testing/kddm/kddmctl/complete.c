// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: what the shell may offer for a word that is being typed, from the
 * table of commands: words of commands, the fixed words of what follows, and
 * for those that stand for a set, a node or a device, the ones that there are.
 */
#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include "kddmctl.h"

#define FILES_WANTED	EXIT_FAILED	/* for the shell: names of files */

void complete_offer(const char *word, const char *begin)
{
	if (!strncmp(word, begin, strlen(begin)))
		puts(word);
}

static void offer_sets(struct ctl *ctl, const char *begin)
{
	struct kddm_set_get_list *list = kddm_set_get_dump(ctl->ys);

	if (!list)
		return;
	ynl_dump_foreach(list, set)
		complete_offer(set->name ? printable(set->name) : "", begin);
	kddm_set_get_list_free(list);
}

static void offer_nodes(struct ctl *ctl, const char *begin)
{
	struct kddm_node_get_list *list = kddm_node_get_dump(ctl->ys);
	char id[24];

	if (!list)
		return;
	ynl_dump_foreach(list, node) {
		snprintf(id, sizeof(id), "%llu", node->id);
		complete_offer(id, begin);
	}
	kddm_node_get_list_free(list);
}

static void offer_devices(const char *begin)
{
	struct if_nameindex *all = if_nameindex(), *i;

	for (i = all; i && i->if_index; i++)
		if (strcmp(i->if_name, "lo"))
			complete_offer(i->if_name, begin);
	if_freenameindex(all);
}

static void offer_states(const char *begin)
{
	unsigned int i;

	for (i = 1; i <= KDDM_OBJECT_STATE_PUSH; i++)
		complete_offer(kddm_object_state_str(i), begin);
}

/* A word in capitals of @len: offer what it stands for.  An exit status. */
static int offer_value(struct ctl *ctl, const char *what, size_t len,
		       const char *begin)
{
	if (len == 4 && !strncmp(what, "PATH", len))
		return FILES_WANTED;
	if (len == 3 && !strncmp(what, "DEV", len))
		offer_devices(begin);
	if (len == 5 && !strncmp(what, "STATE", len))
		offer_states(begin);
	if (len != 3 && len != 4)
		return EXIT_SUCCESS;
	/* A socket of its own, which says nothing if there is no KDDM. */
	ctl->ys = ynl_sock_create(&ynl_kddm_family, NULL);
	if (!ctl->ys)
		return EXIT_SUCCESS;
	if (!strncmp(what, "SET", len))
		offer_sets(ctl, begin);
	else if (!strncmp(what, "NODE", len))
		offer_nodes(ctl, begin);
	ctl_close(ctl);
	return EXIT_SUCCESS;
}

static size_t token(const char **s)
{
	*s += strspn(*s, "[]| ");
	return strcspn(*s, "[]| ");
}

static bool is_value(const char *s)
{
	return isupper((unsigned char)*s);
}

/* Is the token one of the words?  Then one offers it no more. */
static bool used(const char *s, size_t len, char **words, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		if (strlen(words[i]) == len && !strncmp(words[i], s, len))
			return true;
	return false;
}

/*
 * The words behind a command's name; the last is being typed.  It stands for
 * the value that follows the word before it, or for a value that comes at the
 * beginning, or is a fixed word.
 */
static int offer_usage(struct ctl *ctl, const char *usage, char **words,
		       int nr)
{
	const char *begin = words[nr - 1], *s = usage, *before;
	int place = 0, ret = EXIT_SUCCESS;
	size_t len, last = 0;
	bool value = nr > 1;

	/* Values at the beginning; those with a bar between share a place. */
	for (len = token(&s); len && is_value(s); len = token(&s)) {
		if (place == nr - 1)
			ret = offer_value(ctl, s, len, begin);
		if (s[len] != '|')
			place++;
		s += len;
	}
	if (place >= nr)
		return ret;

	before = value ? words[nr - 2] : "";
	for (; len; s += len, len = token(&s)) {
		if (is_value(s) && last && strlen(before) == last &&
		    !strncmp(s - 1 - last, before, last))
			return offer_value(ctl, s, len, begin);
		last = is_value(s) ? 0 : len;
	}
	for (s = usage; (len = token(&s)); s += len) {
		char word[32];

		if (is_value(s) || used(s, len, words, nr - 1))
			continue;
		snprintf(word, sizeof(word), "%.*s", (int)len, s);
		complete_offer(word, begin);
	}
	return EXIT_SUCCESS;
}

static const char * const options[] = {
	"-json", "-pretty", "-timestamp", "-color", "-netns", "-batch",
	"-force", "-version", NULL
};

static void pass(char ***words, int *nr)
{
	(*words)++;
	(*nr)--;
}

/*
 * The value of the first word, an option of the long name @name: it is behind
 * '=' or the letter, or in the next word; bash makes a word of '=', too.
 * Passes what is before the word that has it.
 */
static const char *option_value(char ***words, int *nr, const char *name)
{
	const char *word = **words, *value = strchr(word, '=');

	if (value)
		return value + 1;
	word += strspn(word, "-");
	if (strncmp(name, word, strlen(word)))
		return word + 1;
	pass(words, nr);
	if (*nr > 1 && !strcmp(**words, "="))
		pass(words, nr);
	return strcmp(**words, "=") ? **words : "";
}

static const char * const colors[] = { "always", "auto", "never", NULL };

/* One option, and its value; an exit status, or -1 to go on. */
static int pass_option(struct ctl *ctl, char ***words, int *nr)
{
	const char *letter = **words + strspn(**words, "-"), *value;
	const char *const *color;

	if (*letter == 'b') {
		option_value(words, nr, "batch");
		return *nr == 1 ? FILES_WANTED : EXIT_SUCCESS;
	}
	if (*letter == 'n') {
		value = option_value(words, nr, "netns");
		if (*nr == 1)
			netns_offer(value);
		if (*nr == 1 || netns_enter(ctl, value))
			return EXIT_SUCCESS;
	} else if (!strcmp((*words)[1], "=")) {
		value = option_value(words, nr, "color");
		for (color = colors; *nr == 1 && *color; color++)
			complete_offer(*color, value);
		if (*nr == 1)
			return EXIT_SUCCESS;
	}
	pass(words, nr);
	return -1;
}

/* Pass the options before the last word; an exit status, or -1 to go on. */
static int pass_options(struct ctl *ctl, char ***words, int *nr)
{
	int ret = -1;

	while (ret < 0 && *nr > 1 && ***words == '-')
		ret = pass_option(ctl, words, nr);
	return ret;
}

int complete_words(struct ctl *ctl, char **words, int nr)
{
	const char *const *option, *word;
	const struct command *c;
	unsigned int n;
	int len, ret = pass_options(ctl, &words, &nr);

	if (ret >= 0)
		return ret;
	if (nr < 1)
		return EXIT_SUCCESS;
	if (words[0][0] == '-')
		for (option = options; *option; option++)
			complete_offer(*option, words[0]);
	for (n = 0; (word = command_word(words, nr - 1, n)); n++)
		complete_offer(word, words[nr - 1]);
	if (nr == 1)
		complete_offer("help", words[0]);
	for (c = commands; c->name; c++) {
		len = command_match(c, words, nr - 1);
		if (len > 0 && len < nr && !command_word(words, len, 0))
			return offer_usage(ctl, c->usage, words + len,
					   nr - len);
	}
	return EXIT_SUCCESS;
}
