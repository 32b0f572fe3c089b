import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

# What organisations said of each other before is theirs to confirm too. Merges that can be undone name the rows anew.
COPY = """
INSERT INTO orgs_affiliation (organisation_id, parent_id, kind, proposed_at)
SELECT id, branch_of_id, 'branch', now() FROM orgs_organisation WHERE branch_of_id IS NOT NULL
UNION ALL
SELECT from_organisation_id, to_organisation_id, 'member', now() FROM orgs_organisation_networks WHERE from_organisation_id <> to_organisation_id;

UPDATE orgs_organisationmerge m
SET moved = (moved - 'orgs.Organisation.branch_of' - 'orgs.Organisation_networks.from_organisation' - 'orgs.Organisation_networks.to_organisation')
    || jsonb_build_object(
        'orgs.Affiliation.organisation',
        (SELECT coalesce(jsonb_agg(a.id), '[]') FROM orgs_affiliation a
         JOIN orgs_organisation_networks n ON (n.from_organisation_id, n.to_organisation_id, 'member') = (a.organisation_id, a.parent_id, a.kind)
         WHERE m.moved -> 'orgs.Organisation_networks.from_organisation' @> to_jsonb(n.id)),
        'orgs.Affiliation.parent',
        (SELECT coalesce(jsonb_agg(a.id), '[]') FROM orgs_affiliation a
         LEFT JOIN orgs_organisation_networks n
             ON (n.from_organisation_id, n.to_organisation_id, 'member') = (a.organisation_id, a.parent_id, a.kind)
         WHERE a.parent_id = m.kept_id
             AND (a.kind = 'branch' AND m.moved -> 'orgs.Organisation.branch_of' @> to_jsonb(a.organisation_id)
                  OR m.moved -> 'orgs.Organisation_networks.to_organisation' @> to_jsonb(n.id))))
WHERE moved <> '{}';

SET CONSTRAINTS ALL IMMEDIATE;
"""
# Of merges the ties do not go back then.
COPY_BACK = """
UPDATE orgs_organisation o SET branch_of_id = a.parent_id FROM orgs_affiliation a
WHERE a.organisation_id = o.id AND a.kind = 'branch' AND a.refused_at IS NULL AND a.ended_at IS NULL;

INSERT INTO orgs_organisation_networks (from_organisation_id, to_organisation_id)
SELECT organisation_id, parent_id FROM orgs_affiliation WHERE kind = 'member' AND refused_at IS NULL AND ended_at IS NULL;

UPDATE orgs_organisationmerge SET moved = moved - 'orgs.Affiliation.organisation' - 'orgs.Affiliation.parent';

SET CONSTRAINTS ALL IMMEDIATE;
"""
# The public pages read it, and reviewers what an organisation says: not who confirmed it, and when.
SAYS_NOTHING = "proposed_by_id proposed_at accepted_by_id accepted_at refused_by_id ended_by_id"
WATCH = [
    "SELECT orgs_watch('orgs_affiliation')",
    "SELECT orgs_watch('orgs_membership')",  # Whether somebody leads the other side.
    ("SELECT orgs_watch_profile('orgs_affiliation', 'r.organisation_id', %s, 'true')", [SAYS_NOTHING]),
]
UNWATCH = [
    "SELECT orgs_unwatch('orgs_membership')",
    "SELECT orgs_watch('orgs_organisation_networks')",
    "SELECT orgs_watch_profile('orgs_organisation_networks', 'r.from_organisation_id', '', 'true')",
]


class Migration(migrations.Migration):
    dependencies = [
        ("orgs", "0008_changes_of_profiles"),
    ]

    operations = [
        migrations.CreateModel(
            name="Affiliation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("branch", "local branch of"), ("member", "member of")],
                        max_length=6,
                        verbose_name="kind",
                    ),
                ),
                ("proposed_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="proposed at")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="accepted at")),
                ("refused_at", models.DateTimeField(blank=True, null=True, verbose_name="refused at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
            ],
            options={
                "verbose_name": "branch or member",
                "verbose_name_plural": "branches and members",
                "ordering": ["proposed_at", "pk"],
            },
        ),
        migrations.AddField(
            model_name="affiliation",
            name="accepted_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="affiliation",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="affiliation",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="affiliations", to="orgs.organisation"
            ),
        ),
        migrations.AddField(
            model_name="affiliation",
            name="parent",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="affiliates", to="orgs.organisation"
            ),
        ),
        migrations.AddField(
            model_name="affiliation",
            name="proposed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="affiliation",
            name="refused_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="affiliation",
            constraint=models.CheckConstraint(
                condition=models.Q(("organisation", models.F("parent")), _negated=True),
                name="affiliation_of_two",
                violation_error_message="An organisation belongs to another one, not to itself.",
            ),
        ),
        migrations.AddConstraint(
            model_name="affiliation",
            constraint=models.UniqueConstraint(
                models.F("organisation"),
                models.F("parent"),
                models.F("kind"),
                condition=models.Q(("ended_at", None), ("refused_at", None)),
                name="affiliation_once",
                violation_error_message="It says so already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="affiliation",
            constraint=models.UniqueConstraint(
                models.F("organisation"),
                condition=models.Q(("ended_at", None), ("kind", "branch"), ("refused_at", None)),
                name="affiliation_one_branch",
                violation_error_message="It is the local branch of one organisation.",
            ),
        ),
        migrations.AddConstraint(
            model_name="affiliation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("accepted_at", None), ("accepted_by", None)),
                    models.Q(("accepted_at__isnull", False), ("accepted_by__isnull", False), ("refused_at", None)),
                    _connector="OR",
                ),
                name="affiliation_acceptance_is_signed",
            ),
        ),
        migrations.AddConstraint(
            model_name="affiliation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("refused_at", None), ("refused_by", None)),
                    models.Q(("ended_at", None), ("refused_at__isnull", False), ("refused_by__isnull", False)),
                    _connector="OR",
                ),
                name="affiliation_refusal_is_signed",
            ),
        ),
        migrations.AddConstraint(
            model_name="affiliation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("ended_by", None)),
                    models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                    _connector="OR",
                ),
                name="affiliation_end_is_signed",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="affiliation",
            trigger=pgtrigger.compiler.Trigger(
                name="answer_by_rules",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    IF (NEW.accepted_at IS NOT NULL OR NEW.refused_at IS NOT NULL)\n            AND (TG_OP = 'INSERT' OR (OLD.accepted_at IS NULL AND OLD.refused_at IS NULL))\n            AND NOT EXISTS (SELECT FROM orgs_membership WHERE user_id = coalesce(NEW.accepted_by_id, NEW.refused_by_id)\n                            AND organisation_id = NEW.parent_id AND ended_at IS NULL\n                            AND role IN ('owner', 'manager')) THEN\n        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'affiliation_answered_by_leaders', MESSAGE = 'does not speak for it';\n    END IF;\n    IF NEW.refused_at IS NULL AND NEW.ended_at IS NULL\n            AND (TG_OP = 'INSERT' OR (OLD.organisation_id, OLD.parent_id, OLD.kind) <> (NEW.organisation_id, NEW.parent_id, NEW.kind))\n            AND EXISTS (\n            SELECT FROM orgs_affiliation WHERE organisation_id = NEW.organisation_id AND parent_id = NEW.parent_id AND kind = NEW.kind\n            AND id <> NEW.id AND refused_at > NEW.proposed_at - interval '90 days') THEN\n        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'affiliation_refused_lately', MESSAGE = 'refused a short time ago';\n    END IF;\n    RETURN NEW;\n",
                    hash="0fbd40a6ea1f80499f38a03cd3c88f2d274242ce",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_answer_by_rules_6839b",
                    table="orgs_affiliation",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(COPY, COPY_BACK),
        migrations.RunSQL(WATCH, UNWATCH),
        pgtrigger.migrations.RemoveTrigger(
            model_name="organisation",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="organisation",
            name="update_update",
        ),
        migrations.RemoveConstraint(
            model_name="organisation",
            name="organisation_no_branch_of_itself",
        ),
        migrations.RemoveField(
            model_name="organisation",
            name="branch_of",
        ),
        migrations.RemoveField(
            model_name="organisation",
            name="networks",
        ),
        migrations.RemoveField(
            model_name="organisationevent",
            name="branch_of",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="organisation",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "orgs_organisationevent" ("acronym", "address", "address_is_public", "budget", "closed_on", "communities", "created_at", "description", "founded_year", "holds_until", "id", "identifiers", "is_listed", "is_sample", "kind", "languages", "legal_form", "level_of_government", "marks", "name", "names", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_email", "public_phone", "reference", "size", "slug", "suspended_on", "territory_id", "tier", "updated_at", "verified_at", "version", "website", "withdrawn_on", "works_as", "written_in") VALUES (NEW."acronym", NEW."address", NEW."address_is_public", NEW."budget", NEW."closed_on", NEW."communities", NEW."created_at", NEW."description", NEW."founded_year", NEW."holds_until", NEW."id", NEW."identifiers", NEW."is_listed", NEW."is_sample", NEW."kind", NEW."languages", NEW."legal_form", NEW."level_of_government", NEW."marks", NEW."name", NEW."names", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."public_email", NEW."public_phone", NEW."reference", NEW."size", NEW."slug", NEW."suspended_on", NEW."territory_id", NEW."tier", NEW."updated_at", NEW."verified_at", NEW."version", NEW."website", NEW."withdrawn_on", NEW."works_as", NEW."written_in"); RETURN NULL;',
                    hash="0e31400227b0b9de890f5e2a6828cd9dcc4d96cb",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_4985b",
                    table="orgs_organisation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="organisation",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."acronym" IS DISTINCT FROM (NEW."acronym") OR OLD."address" IS DISTINCT FROM (NEW."address") OR OLD."address_is_public" IS DISTINCT FROM (NEW."address_is_public") OR OLD."budget" IS DISTINCT FROM (NEW."budget") OR OLD."closed_on" IS DISTINCT FROM (NEW."closed_on") OR OLD."communities" IS DISTINCT FROM (NEW."communities") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."founded_year" IS DISTINCT FROM (NEW."founded_year") OR OLD."holds_until" IS DISTINCT FROM (NEW."holds_until") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."identifiers" IS DISTINCT FROM (NEW."identifiers") OR OLD."is_listed" IS DISTINCT FROM (NEW."is_listed") OR OLD."is_sample" IS DISTINCT FROM (NEW."is_sample") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."languages" IS DISTINCT FROM (NEW."languages") OR OLD."legal_form" IS DISTINCT FROM (NEW."legal_form") OR OLD."level_of_government" IS DISTINCT FROM (NEW."level_of_government") OR OLD."marks" IS DISTINCT FROM (NEW."marks") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."name_folded" IS DISTINCT FROM (NEW."name_folded") OR OLD."names" IS DISTINCT FROM (NEW."names") OR OLD."public_email" IS DISTINCT FROM (NEW."public_email") OR OLD."public_phone" IS DISTINCT FROM (NEW."public_phone") OR OLD."reference" IS DISTINCT FROM (NEW."reference") OR OLD."sector" IS DISTINCT FROM (NEW."sector") OR OLD."size" IS DISTINCT FROM (NEW."size") OR OLD."slug" IS DISTINCT FROM (NEW."slug") OR OLD."suspended_on" IS DISTINCT FROM (NEW."suspended_on") OR OLD."territory_id" IS DISTINCT FROM (NEW."territory_id") OR OLD."tier" IS DISTINCT FROM (NEW."tier") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."verified_at" IS DISTINCT FROM (NEW."verified_at") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."website" IS DISTINCT FROM (NEW."website") OR OLD."withdrawn_on" IS DISTINCT FROM (NEW."withdrawn_on") OR OLD."works_as" IS DISTINCT FROM (NEW."works_as") OR OLD."written_in" IS DISTINCT FROM (NEW."written_in"))',
                    func='INSERT INTO "orgs_organisationevent" ("acronym", "address", "address_is_public", "budget", "closed_on", "communities", "created_at", "description", "founded_year", "holds_until", "id", "identifiers", "is_listed", "is_sample", "kind", "languages", "legal_form", "level_of_government", "marks", "name", "names", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_email", "public_phone", "reference", "size", "slug", "suspended_on", "territory_id", "tier", "updated_at", "verified_at", "version", "website", "withdrawn_on", "works_as", "written_in") VALUES (NEW."acronym", NEW."address", NEW."address_is_public", NEW."budget", NEW."closed_on", NEW."communities", NEW."created_at", NEW."description", NEW."founded_year", NEW."holds_until", NEW."id", NEW."identifiers", NEW."is_listed", NEW."is_sample", NEW."kind", NEW."languages", NEW."legal_form", NEW."level_of_government", NEW."marks", NEW."name", NEW."names", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."public_email", NEW."public_phone", NEW."reference", NEW."size", NEW."slug", NEW."suspended_on", NEW."territory_id", NEW."tier", NEW."updated_at", NEW."verified_at", NEW."version", NEW."website", NEW."withdrawn_on", NEW."works_as", NEW."written_in"); RETURN NULL;',
                    hash="7ff69ce2c6c71bd8933476099bd3642e5b175601",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_adbf0",
                    table="orgs_organisation",
                    when="AFTER",
                ),
            ),
        ),
    ]
