#include <stdio.h>

#include "cli/clean.h"
#include "cli/text.h"

static void put_text(struct out *o, const char *file, const char *text)
{
    STRBUF(b, TEXT_MAX);
    strbuf_addz(&b, "-- ");
    clean_add(&b, slice_of(file), false);
    strbuf_addf(&b, "\n%s\n", text);
    text_emit(o, o->results, &b);
}

static void put_file(struct out *o, const char *did, const char *file)
{
    STRBUF(b, TEXT_MAX);
    strbuf_addf(&b, "%s ", did);
    clean_add(&b, slice_of(file), false);
    strbuf_addc(&b, '\n');
    text_emit(o, o->results, &b);
}

/* What somebody should know before the files are gone. */
static void put_remarks(struct out *o, const struct pawl_squash_report *r)
{
    STRBUF(b, TEXT_MAX);
    char unseen[64] = "of these migrations";
    if (r->unseen > 1)
        snprintf(unseen, sizeof unseen, "%zu of these migrations", r->unseen);
    if (r->no_down) {
        strbuf_addz(&b, "it has no down file: ");
        clean_add(&b, slice_of(r->no_down), false);
        strbuf_addc(&b, '\n');
    }
    for (size_t i = 0; i < r->n_lost; i++)
        strbuf_addf(&b, "%s%s%s",
                    i ? ", " : "what all of them have shown does not hold for it: ", out_proof(r->lost[i]),
                    i + 1 == r->n_lost ? "\n" : "");
    if (r->unseen)
        strbuf_addf(
            &b,
            "the last %s change%s rows only: should its ledger be lost, a database just in front of %s counts as being at "
            "version %lld\n",
            unseen, r->unseen == 1 ? "s" : "", r->unseen == 1 ? "it" : "them", (long long)r->version);
    if (!r->proved)
        strbuf_addz(&b, "`pawl verify` does not pass with it, as it did not before\n");
    text_emit(o, o->messages, &b);
}

static void sum_up(struct out *o, const struct pawl_squash_report *r, bool wrote)
{
    STRBUF(b, 1024);
    strbuf_addf(&b, "baseline %lld %s %zu migrations: %zu statement%s", (long long)r->version,
                wrote ? "replaces" : "would replace", r->replaced, r->statements, r->statements == 1 ? "" : "s");
    if (r->n_engines > 1)
        strbuf_addf(&b, ", %zu of them for both engines", r->shared);
    strbuf_addf(&b, ", %zu row%s; proved on %s%s%s\n", r->rows, r->rows == 1 ? "" : "s", r->engines[0],
                r->n_engines > 1 ? " and " : "", r->n_engines > 1 ? r->engines[1] : "");
    if (!wrote)
        strbuf_addf(&b, "with --write %zu file%s would be removed; git keeps what was committed\n", r->n_removed,
                    r->n_removed == 1 ? "" : "s");
    text_emit(o, o->messages, &b);
}

static void put_finished(struct out *o, const struct pawl_squash_report *r)
{
    STRBUF(b, 1024);
    for (size_t i = 0; i < r->n_removed; i++)
        put_file(o, "removed", r->removed[i]);
    strbuf_addf(&b, "the squash up to version %lld, which had been interrupted, is finished\n", (long long)r->version);
    if (!o->quiet)
        text_emit(o, o->messages, &b);
}

void text_squashed(struct out *o, const struct pawl_squash_report *r, bool wrote)
{
    if (r->finished) {
        put_finished(o, r);
        return;
    }
    if (wrote) {
        put_file(o, "wrote", r->file);
        if (r->down_file)
            put_file(o, "wrote", r->down_file);
        for (size_t i = 0; i < r->n_removed; i++)
            put_file(o, "removed", r->removed[i]);
    } else {
        put_text(o, r->file, r->text);
        if (r->down_file)
            put_text(o, r->down_file, r->down_text);
    }
    if (o->quiet)
        return;
    put_remarks(o, r);
    sum_up(o, r, wrote);
}
