from django.db import migrations

# What the public, or the reviewers, read of a verified organisation has changed: noted for each organisation of which a reviewer has seen a
# profile, whichever way the change came. `owner` says of a row, which is called r, whose it is; the columns of `silent` say nothing, and
# only rows for which `counts` holds are looked at.
FUNCTIONS = """
CREATE FUNCTION orgs_note_changed_profile() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner CONSTANT text := TG_ARGV[0];
    silent CONSTANT text[] := string_to_array(TG_ARGV[1], ' ');
    counts CONSTANT text := TG_ARGV[2];
    moment CONSTANT timestamptz := clock_timestamp();
    touched bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        EXECUTE format('SELECT array_agg(DISTINCT %s) FROM after_it r WHERE %s', owner, counts) INTO touched;
    ELSIF TG_OP = 'DELETE' THEN
        EXECUTE format('SELECT array_agg(DISTINCT %s) FROM before_it r WHERE %s', owner, counts) INTO touched;
    ELSE
        EXECUTE format('SELECT array_agg(organisation) FROM ('
                       'SELECT %1$s AS organisation FROM before_it r JOIN after_it o ON o.id = r.id '
                       'WHERE %2$s AND to_jsonb(r) - $1 IS DISTINCT FROM to_jsonb(o) - $1 '
                       'UNION SELECT %1$s FROM after_it r JOIN before_it o ON o.id = r.id '
                       'WHERE %2$s AND to_jsonb(r) - $1 IS DISTINCT FROM to_jsonb(o) - $1) changed', owner, counts)
        INTO touched USING silent;
    END IF;
    IF touched IS NOT NULL THEN
        UPDATE orgs_reviewedprofile
        SET version = version + 1, changed_at = greatest(changed_at, moment), unseen_since = coalesce(unseen_since, moment)
        WHERE organisation_id = ANY (touched);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION orgs_watch_profile(watched regclass, owner text, silent text, counts text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER profile_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS after_it FOR EACH STATEMENT '
                   'EXECUTE FUNCTION orgs_note_changed_profile(%L, %L, %L)', watched, owner, silent, counts);
    EXECUTE format('CREATE TRIGGER profile_update AFTER UPDATE ON %s REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it '
                   'FOR EACH STATEMENT EXECUTE FUNCTION orgs_note_changed_profile(%L, %L, %L)', watched, owner, silent, counts);
    EXECUTE format('CREATE TRIGGER profile_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS before_it FOR EACH STATEMENT '
                   'EXECUTE FUNCTION orgs_note_changed_profile(%L, %L, %L)', watched, owner, silent, counts);
END $$;

CREATE FUNCTION orgs_unwatch_profile(watched regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TRIGGER profile_insert ON %s', watched);
    EXECUTE format('DROP TRIGGER profile_update ON %s', watched);
    EXECUTE format('DROP TRIGGER profile_delete ON %s', watched);
END $$;

-- Where somebody is sheltered, of where the organisation was before nothing stays in what reviewers saw of it.
CREATE FUNCTION orgs_without_places(profile jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT profile - 'territory' - 'works_in' || coalesce(jsonb_object_agg(kind, items), '{}')
    FROM (SELECT kind, (SELECT coalesce(jsonb_object_agg(key, value - 'address' - 'territories' - 'territory'), '{}')
                        FROM jsonb_each(profile -> kind)) AS items
          FROM unnest(ARRAY['services', 'capacities', 'volunteer_opportunities']) kind
          WHERE jsonb_typeof(profile -> kind) = 'object') kept
$$;

CREATE FUNCTION orgs_forget_seen_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orgs_reviewedprofile SET profile = orgs_without_places(profile) WHERE organisation_id = NEW.organisation_id;
    UPDATE orgs_verification SET profile = orgs_without_places(profile) WHERE organisation_id = NEW.organisation_id AND profile <> '{}';
    RETURN NULL;
END $$;

CREATE TRIGGER forget_seen_places_insert AFTER INSERT ON orgs_service FOR EACH ROW WHEN (NEW.is_shelter)
    EXECUTE FUNCTION orgs_forget_seen_places();
CREATE TRIGGER forget_seen_places_update AFTER UPDATE ON orgs_service FOR EACH ROW WHEN (NEW.is_shelter AND NOT OLD.is_shelter)
    EXECUTE FUNCTION orgs_forget_seen_places();
"""
NO_FUNCTIONS = """
DROP TRIGGER forget_seen_places_insert ON orgs_service;
DROP TRIGGER forget_seen_places_update ON orgs_service;
DROP FUNCTION orgs_forget_seen_places();
DROP FUNCTION orgs_without_places(jsonb);
DROP FUNCTION orgs_watch_profile(regclass, text, text, text);
DROP FUNCTION orgs_unwatch_profile(regclass);
DROP FUNCTION orgs_note_changed_profile();
"""
ITS_OWN = "r.organisation_id"
OF_ITS_SERVICE = "(SELECT s.organisation_id FROM orgs_service s WHERE s.id = r.service_id)"
SAYS_NOTHING = (
    "sector name_folded name_words slug reference tier verified_at holds_until suspended_on withdrawn_on is_listed closed_on is_sample "
    "version created_at updated_at"
)
WATCHED = {
    "orgs_organisation": ("r.id", SAYS_NOTHING, "true"),
    "orgs_organisation_works_in": (ITS_OWN, "", "true"),
    "orgs_organisation_networks": ("r.from_organisation_id", "", "true"),
    "orgs_fieldofwork": (ITS_OWN, "", "true"),
    "orgs_organisationcontact": (ITS_OWN, "", "NOT r.is_proposed"),
    "orgs_membership": (ITS_OWN, "created_at", "r.role IN ('owner', 'manager')"),
    "orgs_service": (ITS_OWN, "text_words confirmed_on asked_on", "true"),
    "orgs_service_territories": (OF_ITS_SERVICE, "", "true"),
    "orgs_openingtime": (OF_ITS_SERVICE, "", "true"),
    "orgs_closeddays": (OF_ITS_SERVICE, "", "true"),
    "orgs_capacity": (ITS_OWN, "created_at told_at", "true"),
    "orgs_volunteeropportunity": (ITS_OWN, "text_words created_at", "true"),
}


class Migration(migrations.Migration):
    dependencies = [("orgs", "0007_ties_follow_places")]

    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(
            [
                ("SELECT orgs_watch_profile(%s::regclass, %s, %s, %s)", [table, *options])
                for table, options in WATCHED.items()
            ],
            [("SELECT orgs_unwatch_profile(%s::regclass)", [table]) for table in WATCHED],
        ),
    ]
