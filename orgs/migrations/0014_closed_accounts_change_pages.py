from django.db import migrations

# Public pages say whether somebody acts for an organisation, which ends with an account. Accounts are not watched as a whole: each login would
# make every page anew.
WATCH = """
CREATE FUNCTION orgs_note_closed_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO orgs_publicchange DEFAULT VALUES;
    RETURN NULL;
END $$;
CREATE TRIGGER public_account AFTER UPDATE OF is_active ON orgs_user
    FOR EACH ROW WHEN (OLD.is_active IS DISTINCT FROM NEW.is_active) EXECUTE FUNCTION orgs_note_closed_account();
"""
UNWATCH = """
DROP TRIGGER public_account ON orgs_user;
DROP FUNCTION orgs_note_closed_account();
"""


class Migration(migrations.Migration):
    dependencies = [("orgs", "0013_used_places_stay")]

    operations = [migrations.RunSQL(WATCH, UNWATCH)]
