/*
 * postgres_url: what a user means by a PostgreSQL URL, and how to speak of it without its passwords.
 *
 * postgres://... and postgresql://... go to libpq as they are, which knows every parameter, the PG* variables, service files
 * and password files; `postgres:host=db dbname=app`, or that without `postgres:`, hands it a keyword=value string. Nothing here loads libpq or connects.
 */
#ifndef PAWL_DB_POSTGRES_URL_H
#define PAWL_DB_POSTGRES_URL_H

#include "base/strbuf.h"
#include "db/db.h"

/* Does it begin with a keyword that only libpq has, and "="? */
bool postgres_knows(struct slice url);
/* Fills in location and shown from url. PAWL_USAGE for what cannot be one. */
int postgres_parse(struct arena *a, struct db_target *target, struct pawl_error *e);

/*
 * libpq's word on a connection string it cannot read, with everything in quotes taken
 * out: it repeats parts of the string, and a password with an unescaped / or @ ends up in any of them.
 */
void postgres_redact_parse(struct strbuf *b, struct slice message);
/* `message` with each occurrence of `secret` made ***; an empty secret changes nothing. */
void postgres_redact(struct strbuf *b, struct slice message, struct slice secret);

/* CRC-32 as in ISO-HDLC (zlib's): what sqlx makes its lock key of. */
uint32_t postgres_crc32(struct slice s);
/* The key of the advisory lock that sqlx takes for a database of this name. */
int64_t postgres_lock_key(struct slice database);

#endif
