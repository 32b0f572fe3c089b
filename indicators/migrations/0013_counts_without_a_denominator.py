"""Releases made before gave protected counts the base of the rounding as a denominator, in all files. It never was a figure."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

MEND = """
    ALTER TABLE indicators_releasedfigure DISABLE TRIGGER USER;
    UPDATE indicators_releasedfigure f SET denominator = NULL
    FROM indicators_releasedindicator i
    WHERE i.release_id = f.release_id AND i.indicator_id = f.indicator_id AND i.measure NOT IN ('ratio', 'mean')
      AND f.denominator IS NOT NULL;
    ALTER TABLE indicators_releasedfigure ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0012_being_stored"),
    ]

    operations = [
        migrations.RunSQL(MEND, migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="release",
            trigger=pgtrigger.compiler.Trigger(
                name="no_invented_base",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.published_at IS NULL AND NEW.published_at IS NOT NULL)",
                    func="\n    IF EXISTS (SELECT FROM indicators_releasedfigure f JOIN indicators_releasedindicator i\n                   ON i.release_id = f.release_id AND i.indicator_id = f.indicator_id\n               WHERE f.release_id = NEW.id AND f.denominator IS NOT NULL AND i.measure NOT IN ('ratio', 'mean')) THEN\n        RAISE EXCEPTION 'Only ratios and means have a denominator.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'released_only_ratios_and_means_have_a_base';\n    END IF;\n    RETURN NEW;\n",
                    hash="ebd29c3d87504fcad501628676646beb854274d9",
                    operation="UPDATE",
                    pgid="pgtrigger_no_invented_base_82fc2",
                    table="indicators_release",
                    when="BEFORE",
                ),
            ),
        ),
    ]
