import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0007_review'),
    ]

    operations = [
        migrations.CreateModel(
            name='UnsignedHour',
            fields=[
                ('hour', models.DateTimeField(primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
            ],
        ),
        migrations.AlterModelOptions(
            name='delivery',
            options={'permissions': [('replay_delivery', 'Can replay a delivery')], 'verbose_name_plural': 'deliveries'},
        ),
        migrations.AlterModelOptions(
            name='event',
            options={'permissions': [('export_event', 'Can export events')]},
        ),
        migrations.AddField(
            model_name='delivery',
            name='form_id',
            field=models.CharField(blank=True, help_text='The form that it names, if it is one.', max_length=100, verbose_name='form'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='replay_of',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='replays', to='leads.delivery'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='size',
            field=models.PositiveIntegerField(blank=True, help_text='Bytes that came; more than the body: cut.', null=True),
        ),
        migrations.AddField(
            model_name='delivery',
            name='target',
            field=models.TextField(blank=True, help_text='Path and query, as the request had them: they are signed too.'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='signature',
            field=models.CharField(blank=True, help_text='The version that was verified; empty: none was.', max_length=4),
        ),
        migrations.AddIndex(
            model_name='apicall',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['at'], name='api_call_by_time', pages_per_range=32),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['received_at', 'verdict'], name='delivery_by_hour'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('signature', '')), fields=['-id'], name='delivery_unsigned'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('replay_of__isnull', False)), fields=['replay_of'], name='delivery_replays'),
        ),
    ]
