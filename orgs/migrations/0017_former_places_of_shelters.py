from django.db import migrations

# Where somebody is sheltered, what keeps former values keeps no address, and nothing below the municipality, of where the organisation was:
# what was seen, decided, brought in and merged, the history of rows, proposed changes, remarks. Its people still propose an address; once that
# is decided, the proposal forgets it.
FUNCTIONS = """
CREATE FUNCTION orgs_coarse(places jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(orgs_municipality_of(place::bigint) ORDER BY number), '[]')
    FROM jsonb_array_elements_text(places) WITH ORDINALITY AS said(place, number)
$$;

CREATE FUNCTION orgs_coarse_facts(facts jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT facts - 'address' || coalesce(jsonb_object_agg(fact, CASE fact
        WHEN 'territory' THEN to_jsonb(orgs_municipality_of((facts ->> fact)::bigint))
        WHEN 'services' THEN (SELECT coalesce(jsonb_agg(orgs_coarse_facts(service) ORDER BY number), '[]')
                              FROM jsonb_array_elements(facts -> fact) WITH ORDINALITY AS said(service, number))
        ELSE (SELECT coalesce(jsonb_agg(DISTINCT place ORDER BY place), '[]') FROM jsonb_array_elements(orgs_coarse(facts -> fact)) place)
        END), '{}')
    FROM unnest(ARRAY['territory', 'works_in', 'territories', 'services']) fact WHERE facts ? fact
$$;

-- What a merge has moved, and can give back: a seat with whether its address is public, a place, or places.
CREATE FUNCTION orgs_coarse_merged(what text, places jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN what LIKE 'seat:%' THEN jsonb_build_array(orgs_municipality_of((places ->> 0)::bigint), false)
        WHEN jsonb_typeof(places) = 'array' THEN
            (SELECT coalesce(jsonb_agg(DISTINCT place ORDER BY place), '[]') FROM jsonb_array_elements(orgs_coarse(places)) place)
        ELSE to_jsonb(orgs_municipality_of((places #>> '{}')::bigint)) END
$$;
CREATE FUNCTION orgs_coarse_merge(places jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_object_agg(what, jsonb_build_array(before, after)), '{}')
    FROM (
        SELECT key, orgs_coarse_merged(key, value -> 0), orgs_coarse_merged(key, value -> 1) FROM jsonb_each(places)
    ) changed (what, before, after)
    WHERE before IS DISTINCT FROM after
$$;

CREATE FUNCTION orgs_shelter_brought_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF orgs_has_shelter(NEW.organisation_id) THEN
        NEW.before := orgs_coarse_facts(NEW.before);
        NEW.after := orgs_coarse_facts(NEW.after);
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION orgs_shelter_proposed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    move jsonb;
BEGIN
    IF NOT orgs_has_shelter(NEW.organisation_id) THEN
        RETURN NEW;
    END IF;
    IF NEW.facts ? 'territory' THEN
        move := orgs_coarse(NEW.facts -> 'territory');
        IF move -> 0 <> move -> 1 THEN
            NEW.facts := NEW.facts || jsonb_build_object('territory', move);
        ELSIF NEW.facts - 'territory' <> '{}' THEN
            NEW.facts := NEW.facts - 'territory';
        ELSE
            NEW.facts := '{"territory": [null, null]}';
            NEW.state := CASE WHEN NEW.state IN ('open', 'returned') THEN 'withdrawn' ELSE NEW.state END;
        END IF;
    END IF;
    IF NEW.facts ? 'address' AND NEW.state NOT IN ('open', 'returned') THEN
        NEW.facts := NEW.facts || '{"address": [null, null]}';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION orgs_shelter_seen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF orgs_has_shelter(NEW.organisation_id) THEN
        NEW.profile := NEW.profile - 'address';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION orgs_shelter_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF orgs_has_shelter(NEW.pgh_obj_id) THEN
        NEW.territory_id := orgs_municipality_of(NEW.territory_id);
        NEW.address := '';
        NEW.address_is_public := false;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER shelter_brought_in BEFORE INSERT OR UPDATE ON orgs_importedorganisation
    FOR EACH ROW EXECUTE FUNCTION orgs_shelter_brought_in();
CREATE TRIGGER shelter_proposed BEFORE INSERT OR UPDATE ON orgs_proposedchange FOR EACH ROW EXECUTE FUNCTION orgs_shelter_proposed();
CREATE TRIGGER shelter_decided BEFORE INSERT OR UPDATE ON orgs_verification FOR EACH ROW EXECUTE FUNCTION orgs_shelter_seen();
CREATE TRIGGER shelter_seen BEFORE INSERT OR UPDATE ON orgs_reviewedprofile FOR EACH ROW EXECUTE FUNCTION orgs_shelter_seen();
CREATE TRIGGER shelter_history BEFORE INSERT OR UPDATE ON orgs_organisationevent FOR EACH ROW EXECUTE FUNCTION orgs_shelter_history();
CREATE TRIGGER shelter_remark BEFORE INSERT OR UPDATE OF territory_id, organisation_id ON orgs_remark
    FOR EACH ROW WHEN (NEW.territory_id IS NOT NULL) EXECUTE FUNCTION orgs_shelter_place();

CREATE FUNCTION orgs_forget_former_places(shelter bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE orgs_reviewedprofile SET profile = orgs_without_places(profile) WHERE organisation_id = shelter;
    UPDATE orgs_verification SET profile = orgs_without_places(profile) WHERE organisation_id = shelter AND profile <> '{}';
    UPDATE orgs_verificationevent SET profile = orgs_without_places(profile) - 'address' WHERE organisation_id = shelter AND profile <> '{}';
    UPDATE orgs_organisationmerge SET places = orgs_coarse_merge(places) WHERE shelter IN (gone_id, kept_id);
    -- Each is written anew, and passes the triggers above.
    UPDATE orgs_organisationevent SET territory_id = territory_id WHERE pgh_obj_id = shelter;
    UPDATE orgs_importedorganisation SET after = after WHERE organisation_id = shelter;
    UPDATE orgs_proposedchange SET facts = facts WHERE organisation_id = shelter;
    UPDATE orgs_remark SET territory_id = territory_id WHERE organisation_id = shelter;
$$;

CREATE OR REPLACE FUNCTION orgs_forget_seen_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM orgs_forget_former_places(NEW.organisation_id);
    RETURN NULL;
END $$;
DROP TRIGGER forget_seen_places_update ON orgs_service;
CREATE TRIGGER forget_seen_places_update AFTER UPDATE ON orgs_service
    FOR EACH ROW WHEN (NEW.is_shelter AND (NOT OLD.is_shelter OR NEW.organisation_id <> OLD.organisation_id))
    EXECUTE FUNCTION orgs_forget_seen_places();
"""
NO_FUNCTIONS = """
DROP TRIGGER forget_seen_places_update ON orgs_service;
CREATE TRIGGER forget_seen_places_update AFTER UPDATE ON orgs_service FOR EACH ROW WHEN (NEW.is_shelter AND NOT OLD.is_shelter)
    EXECUTE FUNCTION orgs_forget_seen_places();
CREATE OR REPLACE FUNCTION orgs_forget_seen_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orgs_reviewedprofile SET profile = orgs_without_places(profile) WHERE organisation_id = NEW.organisation_id;
    UPDATE orgs_verification SET profile = orgs_without_places(profile) WHERE organisation_id = NEW.organisation_id AND profile <> '{}';
    RETURN NULL;
END $$;
DROP FUNCTION orgs_forget_former_places(bigint);
DROP TRIGGER shelter_remark ON orgs_remark;
DROP TRIGGER shelter_history ON orgs_organisationevent;
DROP TRIGGER shelter_seen ON orgs_reviewedprofile;
DROP TRIGGER shelter_decided ON orgs_verification;
DROP TRIGGER shelter_proposed ON orgs_proposedchange;
DROP TRIGGER shelter_brought_in ON orgs_importedorganisation;
DROP FUNCTION orgs_shelter_history();
DROP FUNCTION orgs_shelter_seen();
DROP FUNCTION orgs_shelter_proposed();
DROP FUNCTION orgs_shelter_brought_in();
DROP FUNCTION orgs_coarse_merge(jsonb);
DROP FUNCTION orgs_coarse_merged(text, jsonb);
DROP FUNCTION orgs_coarse_facts(jsonb);
DROP FUNCTION orgs_coarse(jsonb);
"""
# What stands by now; a merge that was undone needs its places no more.
STANDING = """
SELECT orgs_forget_former_places(organisation_id) FROM (SELECT DISTINCT organisation_id FROM orgs_service WHERE is_shelter) shelters;
UPDATE orgs_organisationmerge SET places = '{}' WHERE undone_at IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("orgs", "0016_indexes_by_keys")]
    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(STANDING, migrations.RunSQL.noop),
    ]
