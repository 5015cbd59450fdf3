from django.db import migrations
from django.db.models import OuterRef, Subquery


def name_the_language(apps, schema_editor):
    """What was said so far was said in the workspace's own language."""
    own = apps.get_model('leads', 'Workspace').objects.filter(pk=OuterRef('workspace_id')).values('language')
    apps.get_model('leads', 'Answer').objects.update(language=Subquery(own))


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0025_answers_per_language'),
    ]

    operations = [migrations.RunPython(name_the_language, migrations.RunPython.noop)]
