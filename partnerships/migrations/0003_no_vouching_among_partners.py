from django.db import migrations

# An authority vouches for a group (orgs_vouching) with which it has no partnership, in whatever state: it would speak for its own work. Where one
# begins later, what it said before is marked, and counts no more.
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

CREATE FUNCTION partnerships_mark_vouching_among_partners() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orgs_vouching v SET among_partners = NOT v.among_partners
    WHERE (v.voucher_id IN (NEW.organisation_id, OLD.organisation_id) OR v.group_id IN (NEW.organisation_id, OLD.organisation_id))
        AND v.among_partners <> (
            EXISTS (SELECT FROM orgs_organisation WHERE id = v.voucher_id AND sector = 'authority')
            AND EXISTS (SELECT FROM partnerships_partnershipparty a JOIN partnerships_partnershipparty b USING (partnership_id)
                        WHERE a.organisation_id = v.voucher_id AND b.organisation_id = v.group_id));
    RETURN NULL;
END $$;

CREATE TRIGGER mark_vouching_among_partners AFTER INSERT OR DELETE OR UPDATE OF organisation_id ON partnerships_partnershipparty
    FOR EACH ROW EXECUTE FUNCTION partnerships_mark_vouching_among_partners();
CREATE TRIGGER no_vouching_among_partners BEFORE INSERT OR UPDATE OF state ON orgs_vouching
    FOR EACH ROW WHEN (NEW.state = 'given') EXECUTE FUNCTION partnerships_no_vouching_among_partners();
"""
NO_FUNCTIONS = """
DROP TRIGGER no_vouching_among_partners ON orgs_vouching;
DROP TRIGGER mark_vouching_among_partners ON partnerships_partnershipparty;
DROP FUNCTION partnerships_mark_vouching_among_partners();
DROP FUNCTION partnerships_no_vouching_among_partners();
"""


class Migration(migrations.Migration):
    dependencies = [("partnerships", "0002_watched_for_public_pages")]
    operations = [migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS)]
