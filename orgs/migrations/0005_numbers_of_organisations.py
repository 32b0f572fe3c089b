from django.db import migrations

# A number of a register belongs to one organisation that is not closed. What the organisation says of itself is one column; here each
# number is a row, without the signs that people put into it or leave out (`normal_number` in orgs/registers.py), so that a constraint can hold it unique and a file of thousands can be looked up at once.
FUNCTIONS = r"""
CREATE FUNCTION orgs_numbers_of_organisation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM orgs_organisationidentifier WHERE organisation_id = NEW.id;
    INSERT INTO orgs_organisationidentifier (organisation_id, scheme, code, is_open)
    SELECT NEW.id, key, upper(regexp_replace(value, '[\s./-]', '', 'g')), NEW.closed_on IS NULL FROM jsonb_each_text(NEW.identifiers);
    RETURN NULL;
END $$;

CREATE TRIGGER numbers_inserted AFTER INSERT ON orgs_organisation
    FOR EACH ROW WHEN (NEW.identifiers <> '{}') EXECUTE FUNCTION orgs_numbers_of_organisation();
CREATE TRIGGER numbers_updated AFTER UPDATE OF identifiers, closed_on ON orgs_organisation
    FOR EACH ROW WHEN (OLD.identifiers IS DISTINCT FROM NEW.identifiers OR (OLD.closed_on IS NULL) <> (NEW.closed_on IS NULL))
    EXECUTE FUNCTION orgs_numbers_of_organisation();
"""
NO_FUNCTIONS = r"""
DROP TRIGGER numbers_updated ON orgs_organisation;
DROP TRIGGER numbers_inserted ON orgs_organisation;
DROP FUNCTION orgs_numbers_of_organisation();
"""


class Migration(migrations.Migration):
    dependencies = [("orgs", "0004_shelters_lie_in_their_municipality")]
    operations = [migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS)]
