from django.db import migrations

# Where somebody is sheltered nothing smaller than the municipality is stored of the organisation, so that no page, count, map or file can
# tell more: the seat, the places in which it works, those for whose people its services are, and those of its needs, offers and
# opportunities for volunteers. Where no municipality is above, as in a city that is a region, it is the nearest place that is larger than one; where
# there is none of these either, the highest. Its private address stays.
FUNCTIONS = """
CREATE FUNCTION orgs_municipality_of(place bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT c.ancestor_id FROM orgs_territoryclosure c JOIN orgs_territory t ON t.id = c.ancestor_id
         WHERE c.descendant_id = place AND t.kind = 'municipality' ORDER BY c.depth DESC LIMIT 1),
        (SELECT c.ancestor_id FROM orgs_territoryclosure c JOIN orgs_territory t ON t.id = c.ancestor_id
         WHERE c.descendant_id = place AND t.kind IN ('province', 'region', 'country') ORDER BY c.depth LIMIT 1),
        (SELECT c.ancestor_id FROM orgs_territoryclosure c WHERE c.descendant_id = place ORDER BY c.depth DESC LIMIT 1),
        place)
$$;

CREATE FUNCTION orgs_has_shelter(organisation bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM orgs_service WHERE organisation_id = organisation AND is_shelter)
$$;

CREATE FUNCTION orgs_shelter_seat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF orgs_has_shelter(NEW.id) THEN
        NEW.territory_id := orgs_municipality_of(NEW.territory_id);
        NEW.address_is_public := false;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION orgs_shelter_works_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF orgs_has_shelter(NEW.organisation_id) THEN
        NEW.territory_id := orgs_municipality_of(NEW.territory_id);
        IF EXISTS (SELECT FROM orgs_organisation_works_in
                   WHERE organisation_id = NEW.organisation_id AND territory_id = NEW.territory_id) THEN
            RETURN NULL;
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION orgs_shelter_is_for() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF orgs_has_shelter((SELECT organisation_id FROM orgs_service WHERE id = NEW.service_id)) THEN
        NEW.territory_id := orgs_municipality_of(NEW.territory_id);
        IF EXISTS (SELECT FROM orgs_service_territories WHERE service_id = NEW.service_id AND territory_id = NEW.territory_id) THEN
            RETURN NULL;
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION orgs_shelter_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF orgs_has_shelter(NEW.organisation_id) THEN
        NEW.territory_id := orgs_municipality_of(NEW.territory_id);
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION orgs_shelter_opened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Each is written anew, and passes the triggers above.
    UPDATE orgs_organisation SET territory_id = territory_id WHERE id = NEW.organisation_id;
    UPDATE orgs_capacity SET territory_id = territory_id WHERE organisation_id = NEW.organisation_id;
    UPDATE orgs_volunteeropportunity SET territory_id = territory_id WHERE organisation_id = NEW.organisation_id;
    WITH small AS (
        DELETE FROM orgs_organisation_works_in
        WHERE organisation_id = NEW.organisation_id AND territory_id <> orgs_municipality_of(territory_id)
        RETURNING territory_id
    )
    INSERT INTO orgs_organisation_works_in (organisation_id, territory_id)
    SELECT DISTINCT NEW.organisation_id, orgs_municipality_of(territory_id) FROM small;
    WITH small AS (
        DELETE FROM orgs_service_territories
        WHERE service_id IN (SELECT id FROM orgs_service WHERE organisation_id = NEW.organisation_id)
            AND territory_id <> orgs_municipality_of(territory_id)
        RETURNING service_id, territory_id
    )
    INSERT INTO orgs_service_territories (service_id, territory_id)
    SELECT DISTINCT service_id, orgs_municipality_of(territory_id) FROM small;
    RETURN NULL;
END $$;

CREATE TRIGGER shelter_seat BEFORE INSERT OR UPDATE OF territory_id, address_is_public ON orgs_organisation
    FOR EACH ROW EXECUTE FUNCTION orgs_shelter_seat();
CREATE TRIGGER shelter_works_in BEFORE INSERT ON orgs_organisation_works_in FOR EACH ROW EXECUTE FUNCTION orgs_shelter_works_in();
CREATE TRIGGER shelter_is_for BEFORE INSERT ON orgs_service_territories FOR EACH ROW EXECUTE FUNCTION orgs_shelter_is_for();
CREATE TRIGGER shelter_capacity BEFORE INSERT OR UPDATE OF territory_id, organisation_id ON orgs_capacity
    FOR EACH ROW WHEN (NEW.territory_id IS NOT NULL) EXECUTE FUNCTION orgs_shelter_place();
CREATE TRIGGER shelter_opportunity BEFORE INSERT OR UPDATE OF territory_id, organisation_id ON orgs_volunteeropportunity
    FOR EACH ROW WHEN (NEW.territory_id IS NOT NULL) EXECUTE FUNCTION orgs_shelter_place();
CREATE TRIGGER shelter_opened AFTER INSERT OR UPDATE OF is_shelter, organisation_id ON orgs_service
    FOR EACH ROW WHEN (NEW.is_shelter) EXECUTE FUNCTION orgs_shelter_opened();
"""
NO_FUNCTIONS = """
DROP TRIGGER shelter_opened ON orgs_service;
DROP TRIGGER shelter_opportunity ON orgs_volunteeropportunity;
DROP TRIGGER shelter_capacity ON orgs_capacity;
DROP TRIGGER shelter_is_for ON orgs_service_territories;
DROP TRIGGER shelter_works_in ON orgs_organisation_works_in;
DROP TRIGGER shelter_seat ON orgs_organisation;
DROP FUNCTION orgs_shelter_opened();
DROP FUNCTION orgs_shelter_place();
DROP FUNCTION orgs_shelter_is_for();
DROP FUNCTION orgs_shelter_works_in();
DROP FUNCTION orgs_shelter_seat();
DROP FUNCTION orgs_has_shelter(bigint);
DROP FUNCTION orgs_municipality_of(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("orgs", "0003_services_in_domain_of_type")]
    operations = [migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS)]
