"""A single customer never meets the word workspace: theirs is there from the start."""

from django.db import migrations


def make_default(apps, schema_editor):
    workspace = apps.get_model("leads", "Workspace")
    workspace.objects.get_or_create(slug="default", defaults={"name": "My organisation"})


class Migration(migrations.Migration):
    dependencies = [("leads", "0002_audit_is_append_only")]
    operations = [migrations.RunPython(make_default, migrations.RunPython.noop)]
