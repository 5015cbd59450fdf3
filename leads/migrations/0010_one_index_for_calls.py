from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0009_workers_and_newest'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='apicall',
            name='api_call_by_time',
        ),
    ]
