from django.db import migrations, models

# A refuge is a shelter whoever writes it, by whatever way, and whether or not somebody ticks the box. What then becomes of the places is done
# by the triggers of 0004, which hear of a new type, too.
BY_TYPE = """
CREATE FUNCTION orgs_shelter_by_type() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM orgs_servicetype WHERE id = NEW.type_id AND is_sheltering) THEN
        NEW.is_shelter := true;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER shelter_by_type BEFORE INSERT OR UPDATE OF type_id, is_shelter ON orgs_service
    FOR EACH ROW WHEN (NEW.type_id IS NOT NULL) EXECUTE FUNCTION orgs_shelter_by_type();
DROP TRIGGER shelter_opened ON orgs_service;
CREATE TRIGGER shelter_opened AFTER INSERT OR UPDATE OF is_shelter, organisation_id, type_id ON orgs_service
    FOR EACH ROW WHEN (NEW.is_shelter) EXECUTE FUNCTION orgs_shelter_opened();
"""
NOT_BY_TYPE = """
DROP TRIGGER shelter_opened ON orgs_service;
CREATE TRIGGER shelter_opened AFTER INSERT OR UPDATE OF is_shelter, organisation_id ON orgs_service
    FOR EACH ROW WHEN (NEW.is_shelter) EXECUTE FUNCTION orgs_shelter_opened();
DROP TRIGGER shelter_by_type ON orgs_service;
DROP FUNCTION orgs_shelter_by_type();
"""


class Migration(migrations.Migration):
    dependencies = [("orgs", "0010_nothing_said_of_cost")]

    operations = [
        migrations.AddField(
            model_name="servicetype",
            name="is_sheltering",
            field=models.BooleanField(default=False, verbose_name="people are sheltered there"),
        ),
        migrations.RunSQL(BY_TYPE, NOT_BY_TYPE),
    ]
