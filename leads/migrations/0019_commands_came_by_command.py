"""Of what is there, commands are the only way in besides webhooks that can still be told."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("leads", "0018_ways_in")]
    operations = [
        migrations.RunSQL(
            "UPDATE leads_submission SET via = 'command' WHERE source = 'command'", migrations.RunSQL.noop
        )
    ]
