#!/bin/sh
# Lets the container reach the credentials of this server's role: they come from the metadata service, whose answers by
# default travel one network hop, and Docker's bridge is a second one. Tokens (IMDSv2) stay required.
# Elastic Beanstalk has no option for it (aws/elastic-beanstalk-roadmap#242).
set -eu
metadata=http://169.254.169.254/latest
token=$(curl -sSf --max-time 10 -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" "$metadata/api/token")
ask() {
    curl -sSf --max-time 10 -H "X-aws-ec2-metadata-token: $token" "$metadata/$1"
}
aws ec2 modify-instance-metadata-options --region "$(ask meta-data/placement/region)" \
    --instance-id "$(ask meta-data/instance-id)" --http-tokens required --http-put-response-hop-limit 2 >/dev/null
