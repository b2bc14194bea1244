#!/usr/bin/env bash
# What a synthesis in cdk.out would change in a stage, as `cdk diff` writes it: of both stacks, and of
# those that are nested in one, at which `cdk diff --template` does not look. Reads templates and
# lists, and nothing else of the account.
#
#     .github/difference.sh STAGE        with CDK set to the CDK's command, as aws-cdk@2
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# template STACK: what is deployed. Of what is not there, nothing; a refusal ends all.
template() {
  if ! .venv/bin/aws cloudformation get-template --stack-name "$1" \
    --query TemplateBody --output json 2> "$work/error"; then
    grep -q 'does not exist' "$work/error" || { cat "$work/error" >&2; return 1; }
    echo '{}'
  fi
}

# nested STACK: logical id and name of each stack that is nested in a deployed one.
nested() {
  local query="StackResourceSummaries[?ResourceType=='AWS::CloudFormation::Stack']"
  if ! .venv/bin/aws cloudformation list-stack-resources --stack-name "$1" --output text \
    --query "$query.[LogicalResourceId, PhysicalResourceId]" 2> "$work/error"; then
    grep -q 'does not exist' "$work/error" || { cat "$work/error" >&2; return 1; }
  fi
}

# compare STACK APP: a synthesised stack with $work/deployed.json.
compare() {
  npx --yes "$CDK" diff --app "$2" --exclusively "$1" --template "$work/deployed.json" \
    2>&1 < /dev/null
}

for stack in "Sightline-$1-State" "Sightline-$1-Api"; do
  echo "## $stack"
  template "$stack" > "$work/deployed.json"
  compare "$stack" cdk.out
  nested "$stack" > "$work/nested"
  mkdir "$work/app"
  cp cdk.out/*.json "$work/app"
  # By logical id, the file of each nested template: the key in S3 has the hash that assets go by.
  jq -r --slurpfile assets "cdk.out/$stack.assets.json" '.Resources | to_entries[]
      | select(.value.Type == "AWS::CloudFormation::Stack")
      | .value.Properties.TemplateURL."Fn::Join"[1][-1] as $key
      | [.key, $assets[0].files[$key[1:-5]].source.path] | @tsv' \
    "cdk.out/$stack.template.json" > "$work/files"
  while read -r logical file; do
    echo "## $stack, $logical"
    name=$(awk -v logical="$logical" '$1 == logical { print $2 }' "$work/nested")
    if [ -n "$name" ]; then template "$name"; else echo '{}'; fi > "$work/deployed.json"
    jq --arg stack "$stack" --arg file "$file" \
      '.artifacts[$stack].properties.templateFile = $file' \
      cdk.out/manifest.json > "$work/app/manifest.json"
    compare "$stack" "$work/app"
  done < "$work/files"
  rm -rf "$work/app"
done
