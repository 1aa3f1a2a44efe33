# A document of ten thousand elements parsed as tree and as stream, checked by a schema, asked by XPath; a broken one.
# row: programs | xmllint
# needs: xmllint
# profiled: xmllint
{ echo '<list>'; seq 10000 | awk '{ printf "<item id=\"%d\"><name>n %d</name><price>%.2f</price></item>\n", $1, $1 * 7919 % 1009, $1 / 7 }'; echo '</list>'; } > list.xml
xmllint --format list.xml | sha256sum && xmllint --c14n list.xml | sha256sum
xmllint --stream --noout list.xml && xmllint --xpath 'sum(//price[. > 100])' list.xml && xmllint --xpath '//item[name="n 7"]/@id' list.xml
echo '<element name="list" xmlns="http://relaxng.org/ns/structure/1.0"><oneOrMore><element name="item"><attribute name="id"/>
  <element name="name"><text/></element><element name="price"><text/></element></element></oneOrMore></element>' > list.rng
xmllint --noout --relaxng list.rng list.xml; echo "status $?"
head -c 5000 list.xml | xmllint --recover - 2> /dev/null | tail -1; head -c 5000 list.xml | xmllint --noout - 2> /dev/null; echo "status $?"
