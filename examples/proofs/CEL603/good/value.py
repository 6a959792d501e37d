from tasks import export

print(export.delay("tuesday").get(timeout=20))
