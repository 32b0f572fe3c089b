from django.db import migrations

# One row for each statement that changed something of a watched table, with the transaction that it is part of. No row is updated, so that
# writers never wait for each other.
FUNCTIONS = """
CREATE FUNCTION orgs_note_public_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO orgs_publicchange DEFAULT VALUES;
    ELSIF EXISTS (SELECT FROM changed) THEN
        INSERT INTO orgs_publicchange DEFAULT VALUES;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION orgs_watch(watched regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER public_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS changed FOR EACH STATEMENT '
                   'EXECUTE FUNCTION orgs_note_public_change()', watched);
    EXECUTE format('CREATE TRIGGER public_update AFTER UPDATE ON %s REFERENCING NEW TABLE AS changed FOR EACH STATEMENT '
                   'EXECUTE FUNCTION orgs_note_public_change()', watched);
    EXECUTE format('CREATE TRIGGER public_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS changed FOR EACH STATEMENT '
                   'EXECUTE FUNCTION orgs_note_public_change()', watched);
    EXECUTE format('CREATE TRIGGER public_truncate AFTER TRUNCATE ON %s FOR EACH STATEMENT '
                   'EXECUTE FUNCTION orgs_note_public_change()', watched);
END $$;

CREATE FUNCTION orgs_unwatch(watched regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    event text;
BEGIN
    FOREACH event IN ARRAY ARRAY['insert', 'update', 'delete', 'truncate'] LOOP
        EXECUTE format('DROP TRIGGER public_%s ON %s', event, watched);
    END LOOP;
END $$;
"""
NO_FUNCTIONS = """
DROP FUNCTION orgs_watch(regclass);
DROP FUNCTION orgs_unwatch(regclass);
DROP FUNCTION orgs_note_public_change();
"""
WATCHED = [
    "orgs_capacity",
    "orgs_closeddays",
    "orgs_domain",
    "orgs_fieldofwork",
    "orgs_listing",
    "orgs_openingtime",
    "orgs_organisation",
    "orgs_organisation_networks",
    "orgs_organisation_works_in",
    "orgs_portal",
    "orgs_service",
    "orgs_service_territories",
    "orgs_servicetype",
    "orgs_servicetypeword",
    "orgs_sponsorship",
    "orgs_territory",
    "orgs_territoryoutline",
    "orgs_territoryscheme",
    "orgs_territorysuccession",
    "orgs_verificationrules",
    "orgs_volunteeropportunity",
    "orgs_vouching",
]


class Migration(migrations.Migration):
    dependencies = [("orgs", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(
            [("SELECT orgs_watch(%s::regclass)", [table]) for table in WATCHED],
            [("SELECT orgs_unwatch(%s::regclass)", [table]) for table in WATCHED],
        ),
        # A page that is lost with the server is made anew.
        migrations.RunSQL("ALTER TABLE orgs_publicpage SET UNLOGGED", migrations.RunSQL.noop),
    ]
