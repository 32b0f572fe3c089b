from django.db import migrations

# A service lies in the domain of its type; one that is of no type, in any. When a type moves to another domain, its services follow.
CONSTRAINTS = """
ALTER TABLE orgs_servicetype ADD CONSTRAINT service_type_with_domain UNIQUE (id, domain_id);
ALTER TABLE orgs_service ADD CONSTRAINT service_in_domain_of_type FOREIGN KEY (type_id, domain_id)
    REFERENCES orgs_servicetype (id, domain_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""
NO_CONSTRAINTS = """
ALTER TABLE orgs_service DROP CONSTRAINT service_in_domain_of_type;
ALTER TABLE orgs_servicetype DROP CONSTRAINT service_type_with_domain;
"""


class Migration(migrations.Migration):
    dependencies = [("orgs", "0002_watched_for_public_pages")]
    operations = [migrations.RunSQL(CONSTRAINTS, NO_CONSTRAINTS)]
