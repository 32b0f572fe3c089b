from django.db import migrations

# What a visitor is answered with, or only the version of what is public. A session plans a function's statements once, which costs more than
# running them does, and being STABLE both see one moment.
FUNCTION = """
CREATE FUNCTION orgs_kept_page(
    wanted text, seconds integer,
    OUT version text, OUT portal bigint, OUT content_type text, OUT language text, OUT cache_control text, OUT body bytea
) LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT count(*) || '.' || coalesce(bit_xor(hashint8extended(id, 0)), 0), (SELECT p.version FROM orgs_portal p)
    INTO version, portal FROM orgs_publicchange;
    SELECT page.content_type, page.language, page.cache_control, page.body
    INTO content_type, language, cache_control, body FROM orgs_publicpage page
    WHERE page.key = wanted AND page.version = orgs_kept_page.version AND page.made_at > now() - make_interval(secs => seconds);
END $$;
"""
NO_FUNCTION = "DROP FUNCTION orgs_kept_page(text, integer);"


class Migration(migrations.Migration):
    dependencies = [("orgs", "0011_shelters_by_their_type")]

    operations = [migrations.RunSQL(FUNCTION, NO_FUNCTION)]
