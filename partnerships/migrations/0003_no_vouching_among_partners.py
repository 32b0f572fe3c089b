from django.db import migrations

# An authority vouches for a group (orgs_vouching) with which it has no partnership, in whatever state: it would speak for its own work.
# Organisations that are no authority may work with the group. The registry knows the rule by its name alone.
FUNCTIONS = """
CREATE FUNCTION partnerships_no_vouching_among_partners() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (TG_OP = 'INSERT' OR OLD.state <> 'given')
        AND EXISTS (SELECT FROM orgs_organisation WHERE id = NEW.voucher_id AND sector = 'authority')
        AND EXISTS (SELECT FROM partnerships_partnershipparty a JOIN partnerships_partnershipparty b USING (partnership_id)
                    WHERE a.organisation_id = NEW.voucher_id AND b.organisation_id = NEW.group_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'vouching_without_partnership', MESSAGE = 'is its partner';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER no_vouching_among_partners BEFORE INSERT OR UPDATE OF state ON orgs_vouching
    FOR EACH ROW WHEN (NEW.state = 'given') EXECUTE FUNCTION partnerships_no_vouching_among_partners();
"""
NO_FUNCTIONS = """
DROP TRIGGER no_vouching_among_partners ON orgs_vouching;
DROP FUNCTION partnerships_no_vouching_among_partners();
"""


class Migration(migrations.Migration):
    dependencies = [("partnerships", "0002_watched_for_public_pages")]
    operations = [migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS)]
