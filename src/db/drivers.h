/* drivers: the tables that db.c chooses from. A new engine adds one line here and one there. */
#ifndef PAWL_DB_DRIVERS_H
#define PAWL_DB_DRIVERS_H

#include "db/db.h"

extern const struct db_driver db_sqlite, db_postgres;

#endif
